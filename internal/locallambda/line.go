package locallambda

import (
	"bytes"
	"sync"
	"time"
)

// Line is one line of a function's log.
type Line struct {
	// Time is when it was read.
	Time time.Time
	// Environment is the name of the environment that it came from.
	Environment string
	// Source is "function" for what the runtime's process wrote, "platform" for
	// what Lambda itself says, and "extension/<name>" for an extension.
	Source string
	// Text has no end of line. Of a longer line there are several, each of at
	// most 256 KiB.
	Text string
}

const (
	platformSource = "platform"
	functionSource = "function"
	maxLine        = 256 << 10
)

// splitter divides what a process writes into lines, and hands each on. Its owner
// locks it.
type splitter struct {
	rest []byte
	take func(text string)
}

func (s *splitter) write(b []byte) {
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			s.rest = append(s.rest, b...)
			b = nil
		} else {
			s.rest = append(s.rest, b[:end]...)
			b = b[end+1:]
		}
		for len(s.rest) > maxLine {
			s.take(string(s.rest[:maxLine]))
			s.rest = append(s.rest[:0], s.rest[maxLine:]...)
		}
		if end >= 0 {
			s.flush(true)
		}
	}
}

// flush hands on what is left, also an empty line if that is a line.
func (s *splitter) flush(line bool) {
	if line || len(s.rest) > 0 {
		s.take(string(bytes.TrimSuffix(s.rest, []byte("\r"))))
	}
	s.rest = s.rest[:0]
}

// tail keeps the last 4 KiB of the log of an invocation.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const maxTail = 4 << 10

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(append(t.text, line...), '\n')
	if extra := len(t.text) - maxTail; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
}

func (t *tail) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.text)
}
