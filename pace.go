package recloser

import "time"

// paceSpan is how long an environment remembers how long its calls have taken: at
// least that, and at most twice.
const paceSpan = 5 * time.Minute

// pace is how long the calls of an environment take when all is well, as far as
// they take long enough to be suspicious: a dependency whose calls take a second is
// no reason to listen each time that half of one has passed.
type pace struct {
	// The longest calls that ended well, of this span and of the one before it.
	longest, before time.Duration
	began           moment
}

// ended notes a call that has ended well.
func (p *pace) ended(now moment, took time.Duration) {
	p.forget(now)
	p.longest = max(p.longest, took)
}

// forget drops what is older than it remembers.
func (p *pace) forget(now moment) {
	switch since := now.since(p.began); {
	case since >= 2*paceSpan:
		p.longest, p.before, p.began = 0, 0, now
	case since >= paceSpan:
		p.longest, p.before, p.began = 0, p.longest, now
	}
}

// unusual returns the age from which a call in flight is unusual: half as much again
// as any has taken that ended well.
func (p *pace) unusual(now moment) time.Duration {
	p.forget(now)
	usual := max(p.longest, p.before)
	return usual + usual/2
}
