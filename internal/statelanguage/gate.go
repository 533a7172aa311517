package statelanguage

import "time"

// Gate holds calls until it is opened.
type Gate struct {
	world   *World
	waiting []*thread
	opened  bool
}

// NewGate returns a gate that is shut.
func (w *World) NewGate() *Gate { return &Gate{world: w} }

// Pass waits until the gate is open. It is for whatever goes on in the gate's
// world.
func (g *Gate) Pass() {
	for !g.opened {
		g.waiting = append(g.waiting, g.world.current)
		g.world.park(time.Time{})
	}
}

// Open opens the gate: who waits goes on at this time.
func (g *Gate) Open() {
	g.opened = true
	for _, t := range g.waiting {
		if g.world.threads[t] {
			g.world.unpark(t)
		}
	}
	g.waiting = nil
}
