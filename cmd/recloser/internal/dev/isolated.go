package dev

import (
	"sync"
	"time"

	"github.com/recloser-dev/recloser"
)

// isolatedAge is how old a count of isolated environments may be: there may be
// ten thousand of them to ask.
const isolatedAge = 250 * time.Millisecond

// isolated counts the environments that have opened for themselves.
type isolated struct {
	mu   sync.Mutex
	at   time.Time
	last int
}

func (i *isolated) count(now time.Time, breakers []*recloser.Breaker) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	if now.Sub(i.at) < isolatedAge {
		return i.last
	}
	i.at, i.last = now, 0
	for _, b := range breakers {
		if b.Status().Isolated {
			i.last++
		}
	}
	return i.last
}
