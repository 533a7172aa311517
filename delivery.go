package recloser

import "sync"

// maxUndelivered bounds the events that wait for observers.
const maxUndelivered = 1024

// delivery hands events to observers: in the order they were posted, one at a
// time, outside the breaker's lock. Whoever posted last delivers, unless
// somebody is at it.
type delivery struct {
	observers []Observer

	mu         sync.Mutex
	waiting    []Event
	missed     int
	delivering bool
}

// post may be called under the breaker's lock.
func (d *delivery) post(e Event) {
	if len(d.observers) == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting) >= maxUndelivered {
		d.missed++
		return
	}
	e.Missed, d.missed = d.missed, 0
	d.waiting = append(d.waiting, e)
}

// deliver must not be called under the breaker's lock.
func (d *delivery) deliver() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.delivering {
		return
	}
	d.delivering = true
	defer func() { d.delivering = false }()
	for len(d.waiting) > 0 {
		e := d.waiting[0]
		d.waiting = d.waiting[1:]
		d.hand(e)
	}
	d.waiting = nil
}

// hand calls the observers without the lock that deliver holds.
func (d *delivery) hand(e Event) {
	d.mu.Unlock()
	defer d.mu.Lock()
	for _, o := range d.observers {
		observe(o, e)
	}
}

func observe(o Observer, e Event) {
	defer func() {
		// An observer's panic must not reach the caller, nor the observers
		// after it.
		_ = recover()
	}()
	o.Observe(e)
}
