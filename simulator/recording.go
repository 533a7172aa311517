package simulator

import (
	"time"

	"github.com/recloser-dev/recloser"
)

// Recording is an [Observer] that keeps how a run stood every so often, for
// pictures of it. Unlike other observers it costs next to nothing, for it is not
// told of each step. One Recording is for one run; it must not be read before that
// has ended, but in Progress.
type Recording struct {
	// Every is the time between two samples. Defaults to the shortest of 100ms
	// and its multiples that makes at most 2,000 of them.
	Every time.Duration
	// Rows is how many rows a sample has at most. Of more environments, those
	// in between have none. Defaults to 100.
	Rows int
	// Progress is called after each sample. Defaults to nobody.
	Progress func(Sample)

	// Places is which environment, or which partition, each row shows.
	Places []int
	// Samples are what was kept, the first of them at 0s and the last at the end, to
	// the millisecond.
	Samples []Sample
}

// Sample is how a run stood at a moment.
type Sample struct {
	// At is when, since the beginning.
	At time.Duration
	// Counts is what calls came to until then.
	Counts Counts
	// Rows is how environments stand, a byte for each as in [Step.Columns]. In a
	// scenario with partitions it is how their circuits stand in the store.
	Rows string
	// Open is how many environments stand before an open circuit, and Started
	// how many there are.
	Open, Started int
}

const (
	mostSamples = 2000
	mostRows    = 100
)

var _ Observer = (*Recording)(nil)

// Observe implements [Observer]. It does nothing: a recording looks by itself.
func (r *Recording) Observe(Step) {}

// attend lets observers watch the run.
func (w *world) attend(observers []Observer) {
	for _, o := range observers {
		if r, ok := o.(*Recording); ok {
			r.begin(w)
		} else {
			w.observers = append(w.observers, o)
		}
	}
}

func (r *Recording) begin(w *world) {
	if r.Every <= 0 {
		const least = 100 * time.Millisecond
		r.Every = max(least, (w.s.Duration/mostSamples + least - 1).Truncate(least))
	}
	if r.Rows <= 0 {
		r.Rows = mostRows
	}
	all := len(w.fleet.places)
	if w.s.Traffic.Partitions > 0 {
		all = w.s.Traffic.Partitions
	}
	rows := min(all, r.Rows)
	r.Places, r.Samples = make([]int, rows), nil
	for i := range r.Places {
		r.Places[i] = i * all / rows
	}
	w.agenda.add(0, nil, r)
}

// act takes a sample. It is no step of the run, which is the same without it.
func (r *Recording) act(w *world) {
	w.result.Steps--
	s := Sample{At: time.Duration(w.now).Round(time.Millisecond), Counts: w.result.Counts, Rows: r.rows(w)}
	for _, e := range w.fleet.places {
		if e == nil {
			continue
		}
		s.Started++
		if w.columns[e.place] == '#' {
			s.Open++
		}
	}
	r.Samples = append(r.Samples, s)
	if r.Progress != nil {
		r.Progress(s)
	}
	if last := w.end - 1; w.now < last { // At the end itself another second would begin.
		w.agenda.add(min(w.now+int64(r.Every), last), nil, r)
	}
}

func (r *Recording) rows(w *world) string {
	rows := make([]byte, len(r.Places))
	for i, place := range r.Places {
		if w.s.Traffic.Partitions > 0 {
			rows[i] = columnOf(w.store.items[place].record.State)
		} else {
			rows[i] = w.columns[place]
		}
	}
	return string(rows)
}

// columnOf returns how a state is drawn.
func columnOf(state recloser.State) byte {
	switch state {
	case recloser.StateOpen:
		return '#'
	case recloser.StateHalfOpen:
		return '?'
	case recloser.StateClosed:
	}
	return '.'
}
