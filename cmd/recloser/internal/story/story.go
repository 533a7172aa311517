// Package story reads scenarios of the simulator from files, and makes them of a
// policy and a ready-made outage.
package story

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/simulator"
)

// Story is a scenario with a name.
type Story struct {
	// Title says in a few words what happens.
	Title    string
	Scenario simulator.Scenario
}

// Limits of a story, so that it ends in the time that somebody waits for it.
const (
	MaxDuration = 24 * time.Hour
	MaxRequests = 50_000_000
)

// Load reads a story from a file. The error is that of [Parse], or of reading the
// file, and matches those of package os.
func Load(path string) (Story, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Story{}, fmt.Errorf("%w; recloser simulate --print writes one to begin with", err)
	}
	if err != nil {
		return Story{}, err
	}
	defer func() { _ = f.Close() }() // It was only read.
	text, err := io.ReadAll(io.LimitReader(f, config.MaxSize+1))
	if err != nil {
		return Story{}, fmt.Errorf("read %s: %w", path, err)
	}
	return Parse(path, text)
}

// Parse reads a story from the text of a file, which errors call by name. What the
// text leaves out is as in [simulator.DefaultScenario], with the seed 1. The error
// matches [config.ErrInvalid] and has a line for each problem.
func Parse(name string, text []byte) (Story, error) {
	f := newFile()
	sources, err := config.Decode(name, text, &f)
	if err != nil {
		return Story{}, err
	}
	if err := f.check(); err != nil {
		return Story{}, sources.Place(err)
	}
	s := f.story()
	if err := s.Check(); err != nil {
		return Story{}, sources.Place(err)
	}
	return s, nil
}

// Check reports what is wrong with a story: what [simulator.Scenario.Validate]
// finds, and that it would take too long to play.
func (s *Story) Check() error {
	err := s.Scenario.Validate()
	var long []error
	if d := s.Scenario.Duration; d > MaxDuration {
		long = append(long, field("duration", "is %v; a story lasts %v at most", d, MaxDuration))
	} else if n := s.Scenario.Traffic.Rate * d.Seconds(); n > MaxRequests {
		long = append(long, field("traffic.rate", "makes %.3g requests in %v; a story has %d at most", n, d, MaxRequests))
	}
	return errors.Join(append([]error{err}, long...)...)
}

func field(name, format string, args ...any) error {
	return &recloser.FieldError{Field: name, Problem: fmt.Sprintf(format, args...)}
}
