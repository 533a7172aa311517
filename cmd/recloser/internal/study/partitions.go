package study

import (
	"context"
	"time"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/story"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
	"github.com/recloser-dev/recloser/simulator"
)

// PlayPartitions plays what M. Brooker asks in "Will circuit breakers solve my
// problems?", 2022: one of ten shards of a database is down, and calls for its keys
// fail. Is the database down? It plays no breaker, a circuit for all of it that takes
// half of the calls to fail, one that takes a twentieth, and a circuit for each shard.
func PlayPartitions(ctx context.Context) (*trial.Contest, error) {
	c := new(trial.Contest)
	for _, way := range [...]struct {
		title, like string
		outage      string
		change      func(*simulator.Scenario)
	}{
		{"no breaker", "", "partition", func(s *simulator.Scenario) { s.Protocol = simulator.ProtocolNone }},
		{"one circuit, which opens when half of the calls fail", "it says: the database is not down", "one-circuit", func(*simulator.Scenario) {}},
		{"one circuit, which opens when one in twenty fails", "it says: the database is down", "one-circuit", func(s *simulator.Scenario) {
			s.Policy.OpenWhen.FailureRate = 0.05
		}},
		{"a circuit for each partition", "it says which part is down", "partition", func(*simulator.Scenario) {}},
	} {
		s := simulator.DefaultScenario()
		s.Seed, s.Fleet.Environments, s.Traffic.Rate = 1, 100, 200
		s.Policy = story.LevelPolicy()
		way.change(&s)
		for _, o := range story.Outages() {
			if o.Name != way.outage {
				continue
			}
			t, err := trial.Play(ctx, story.New(s, o, story.Setting{At: 30 * time.Second, For: time.Minute, Duration: 3 * time.Minute}))
			if err != nil {
				return nil, err
			}
			c.Entries = append(c.Entries, trial.Entry{Title: way.title, Like: way.like, Trial: t})
		}
	}
	c.Story = c.Entries[len(c.Entries)-1].Story
	c.Story.Title = "one of ten partitions is dead"
	return c, nil
}
