package recloser

import (
	"context"
)

// Inside is what the explorer has to know of a breaker to tell whether two of
// them will do the same from now on. Moments are {wall, mono} nanoseconds.
type Inside struct {
	Record             Record
	Known, Stale       bool
	Reading            <-chan struct{}
	Writing, Claiming  bool
	Operation, Asked   uint64
	Read, Heard, Held  [2]int64
	View               View
	Spread             int64
	Failures           int
	OutageBegan        [2]int64
	OutageLast         [2]int64
	OutageWait         int64
	Unusual            int64 // the age from which a call in flight is unusual
	Promise            int   // of the turn: 0 none, 1 admits, 2 rejects
	PromisedGeneration uint64
	PromisedReason     Reason
	Idle, Armed        bool
	Evidence           bool // whether anything is known that the explorer does not look at
}

// Look returns what is inside b. No goroutine of b may hold its lock.
func Look(b *Breaker) Inside {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := &b.env
	in := Inside{
		Record: e.record, Known: e.known, Stale: e.stale, Reading: e.reading, Writing: e.writing, Claiming: e.claiming,
		Operation: e.operation, Asked: e.asked,
		Read: e.read.pair(), Heard: e.heard.pair(), Held: e.held.pair(), Spread: int64(e.spread),
		Failures: e.outage.failures, OutageBegan: e.outage.began.pair(), OutageLast: e.outage.last.pair(),
		OutageWait: int64(e.outage.wait), Idle: e.idle, Armed: e.stopSweep != nil,
		Evidence: e.own != Record{} || e.leaveAloneUntil != 0 || len(e.sample.used()) > 0 || e.name != "" ||
			e.forced != Override{} || e.record.WatchSince != 0 || e.record.Override != Override{},
	}
	usual := max(e.pace.longest, e.pace.before)
	in.Unusual = int64(usual + usual/2)
	in.View = b.view(b.clock.now())
	t := b.turn.Load()
	if !t.over(b.clock.Wall().UnixNano(), t.began.wall) {
		in.Promise, in.PromisedGeneration = 1, t.generation
		if t.reject != nil {
			in.Promise, in.PromisedReason = 2, t.reject.Reason
		}
	}
	return in
}

func (m moment) pair() [2]int64 { return [2]int64{m.wall, m.mono} }

// InsidePermit is what the explorer has to know of a permit.
type InsidePermit struct {
	Cell       int  // its place among the calls in flight; -1 if it has ended
	Marked     bool // whether it was looked at and found to be slow soon
	Generation uint64
	Start      int64
	Token      string // of a probe
	Slot       int
	Claimed    [2]int64
	Sampled    bool // whether it is drawn for a watch, or found no free cell
}

// LookAt returns what is inside a permit of b.
func LookAt(p Permit) InsidePermit {
	in := InsidePermit{Cell: -1, Generation: p.generation, Start: p.start}
	if t := p.ticket; t != nil {
		in.Token, in.Slot, in.Claimed = t.token, t.slot, t.claimed.pair()
		in.Sampled = t.watch != 0 || t.own
	}
	if p.cell == nil {
		in.Sampled = true
		return in
	}
	if word := p.cell.Load(); word&^marked == p.word {
		row := *p.breaker.flights.rows[0].Load()
		for i := range row[0] {
			if &row[0][i] == p.cell {
				in.Cell = i
			}
		}
		in.Marked = word&marked != 0
	}
	return in
}

// NewUnchecked returns a breaker of whatever policy.
func NewUnchecked(o Options) *Breaker { return newBreaker("circuit", o) }

// DoUnchecked is what Do does once it has a permit, but for the look at the clock
// before the call.
func DoUnchecked(ctx context.Context, p Permit, fn func(context.Context) error) error {
	p.conclude(ctx, ctx, fn(ctx))
	return nil
}

// DoPermitted is what Do does once it has a permit.
func DoPermitted(ctx context.Context, p Permit, fn func(context.Context) error) error {
	return p.do(ctx, fn)
}
