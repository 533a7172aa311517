package simulator

import (
	"fmt"
	"io"
	"time"
)

// mostColumns is how many environments a trace has columns for. Those of larger
// fleets share them.
const mostColumns = 40

// Trace is an [Observer] that writes a line for every step, with a column for each
// environment: see [Step.Columns].
type Trace struct {
	w    io.Writer
	kind func(StepKind) bool
	err  error
}

// NewTrace returns a trace that is written to w, of steps of all kinds, or of those
// that are named.
func NewTrace(w io.Writer, kinds ...StepKind) *Trace {
	named := make(map[StepKind]bool, len(kinds))
	for _, kind := range kinds {
		named[kind] = true
	}
	return &Trace{w: w, kind: func(kind StepKind) bool { return len(named) == 0 || named[kind] }}
}

// Err returns the error of the first line that could not be written; none is
// written after it.
func (t *Trace) Err() error { return t.err }

// Observe implements [Observer].
func (t *Trace) Observe(s Step) {
	if t.err != nil || !t.kind(s.Kind) {
		return
	}
	who := "    "
	if s.Environment >= 0 {
		who = fmt.Sprintf("e%-3d", s.Environment)
	}
	at := s.At.Round(time.Microsecond).Seconds()
	_, t.err = fmt.Fprintf(t.w, "%12.6f %s %s %-9s %s\n", at, squeeze(s.Columns), who, s.Kind, s.Text)
}

// squeeze draws more environments than there are columns: each shows the gravest
// of its own.
func squeeze(columns []byte) []byte {
	n := len(columns)
	if n <= mostColumns {
		return columns
	}
	drawn := make([]byte, mostColumns)
	for i := range drawn {
		drawn[i] = ' '
		for _, c := range columns[i*n/mostColumns : (i+1)*n/mostColumns] {
			if gravity(c) > gravity(drawn[i]) {
				drawn[i] = c
			}
		}
	}
	return drawn
}

func gravity(column byte) int {
	for i, c := range []byte(" ~.-#?") {
		if c == column {
			return i
		}
	}
	return 0
}
