package statelanguage

import (
	"container/heap"
	"runtime"
	"time"
)

// World is virtual time, and everything that happens in it: one thing at a time,
// in the order of its time, and of its beginning where times are the same. It is
// not safe for concurrent use.
type World struct {
	now     time.Time
	queue   wakings
	order   int
	current *thread
	threads map[*thread]bool
}

// NewWorld returns a world in which it is start.
func NewWorld(start time.Time) *World {
	return &World{now: start, threads: make(map[*thread]bool)}
}

// Now returns the time.
func (w *World) Now() time.Time { return w.now }

// thread is something that goes on in a world. It runs in a goroutine of its
// own, and only while the world waits for it.
type thread struct {
	resume chan bool // false ends it
	yield  chan struct{}
	wake   *waking
	woken  bool
}

// waking is a thread that goes on at a time.
type waking struct {
	at     time.Time
	order  int
	thread *thread // nil if it was taken back
}

type wakings []*waking

func (q wakings) Len() int { return len(q) }
func (q wakings) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].order < q[j].order
	}
	return q[i].at.Before(q[j].at)
}
func (q wakings) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements [heap.Interface].
func (q *wakings) Push(x any) { *q = append(*q, x.(*waking)) }

// Pop implements [heap.Interface].
func (q *wakings) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}

func (w *World) schedule(t *thread, at time.Time) {
	w.order++
	t.wake = &waking{at: at, order: w.order, thread: t}
	heap.Push(&w.queue, t.wake)
}

// Go begins something that goes on beside everything else.
func (w *World) Go(f func()) { w.spawn(f) }

func (w *World) spawn(f func()) *thread {
	t := &thread{resume: make(chan bool), yield: make(chan struct{})}
	w.threads[t] = true
	go func() {
		defer func() {
			delete(w.threads, t)
			t.yield <- struct{}{}
		}()
		if <-t.resume {
			f()
		}
	}()
	w.schedule(t, w.now)
	return t
}

// run lets t go on until it waits or ends.
func (w *World) run(t *thread, live bool) {
	before := w.current
	w.current = t
	t.resume <- live
	<-t.yield
	w.current = before
}

// Run lets time pass until nothing is left to happen.
func (w *World) Run() {
	for w.next() != nil {
		w.step()
	}
}

// RunUntil lets time pass until at, and what is due by then happen.
func (w *World) RunUntil(at time.Time) {
	for n := w.next(); n != nil && !n.at.After(at); n = w.next() {
		w.step()
	}
	if at.After(w.now) {
		w.now = at
	}
}

func (w *World) next() *waking {
	for len(w.queue) > 0 && w.queue[0].thread == nil {
		heap.Pop(&w.queue)
	}
	if len(w.queue) == 0 {
		return nil
	}
	return w.queue[0]
}

func (w *World) step() {
	n, _ := heap.Pop(&w.queue).(*waking)
	if n.at.After(w.now) {
		w.now = n.at
	}
	n.thread.wake = nil
	w.run(n.thread, true)
}

// Sleep lets d pass for whoever calls it, which must go on in this world.
func (w *World) Sleep(d time.Duration) { w.park(w.now.Add(max(d, 0))) }

// park waits until at, or for ever if that is zero, unless it is woken before,
// and reports whether it was.
func (w *World) park(at time.Time) bool {
	t := w.current
	t.woken = false
	if !at.IsZero() {
		w.schedule(t, at)
	}
	t.yield <- struct{}{}
	if !<-t.resume {
		runtime.Goexit()
	}
	return t.woken
}

// unpark wakes a thread that waits, unless it has been ended.
func (w *World) unpark(t *thread) {
	if !w.threads[t] {
		return
	}
	if t.wake != nil {
		t.wake.thread = nil
	}
	t.woken = true
	w.schedule(t, w.now)
}

// end ends a thread that waits, wherever it is.
func (w *World) end(t *thread) {
	if !w.threads[t] || t == w.current {
		return
	}
	if t.wake != nil {
		t.wake.thread = nil
	}
	w.run(t, false)
}

// Close ends everything that still goes on. It may be called more than once.
func (w *World) Close() {
	for t := range w.threads {
		w.end(t)
	}
}
