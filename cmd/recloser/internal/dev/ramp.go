package dev

import (
	"context"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

const rampCheck = 100 * time.Millisecond

// watchRamps tells the journal when a circuit admits every call again: time
// alone ends a ramp, so that no environment has a transition to tell of.
func (s *Server) watchRamps(ctx context.Context) {
	ticker := time.NewTicker(rampCheck)
	defer ticker.Stop()
	ramping := make(map[string]uint64)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		circuits, err := s.Circuits(ctx)
		if err != nil {
			continue
		}
		for _, c := range circuits {
			if c.Ramping {
				ramping[c.Name] = c.Generation
				continue
			}
			if generation, was := ramping[c.Name]; was && generation == c.Generation && c.State == recloser.StateClosed && c.Override == nil {
				s.journal.Add(admin.Event{
					Circuit: c.Name, Kind: KindRampedUp, Generation: c.Generation, Text: "every call is admitted again",
				})
			}
			delete(ramping, c.Name)
		}
	}
}
