package trial

import (
	"context"
	"fmt"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/story"
	"github.com/recloser-dev/recloser/simulator"
)

// Contest is one story played under every protocol, this module's last.
type Contest struct {
	Story story.Story
	// Entries are what came of it.
	Entries []Entry
}

// Entry is one who takes part in a contest.
type Entry struct {
	// Title is what it does, in a few words, and Like says more.
	Title, Like string
	*Trial
}

// Trials returns the trials of all entries.
func (c *Contest) Trials() []*Trial {
	all := make([]*Trial, len(c.Entries))
	for i, e := range c.Entries {
		all[i] = e.Trial
	}
	return all
}

// Hold plays a story under every protocol. If ctx ends before it has, the contest is
// what was played until then, and the error is that of ctx.
func Hold(ctx context.Context, s story.Story, optFns ...func(*Options)) (*Contest, error) {
	all := simulator.Protocols()
	all = append(all[1:], all[0])
	c := &Contest{Story: s}
	for i, protocol := range all {
		s.Scenario.Protocol = protocol
		t, err := Play(ctx, s, append(optFns, func(o *Options) {
			tell := o.Progress
			o.Progress = func(share float64) { tell((float64(i) + share) / float64(len(all))) }
		})...)
		if t == nil {
			return nil, err
		}
		if about := protocol.Describe(); len(t.Runs) > 0 {
			c.Entries = append(c.Entries, Entry{about.Title, about.Like, t})
		}
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// Standing is how one protocol fared.
type Standing struct {
	Protocol string `json:"protocol"`
	Title    string `json:"title"`
	Like     string `json:"like"`
	How      string `json:"how"`
	Without  string `json:"without,omitempty"`
	// Report is what came of the story.
	Report Report `json:"report"`
}

// Standings returns how the protocols fared, held to assertions.
func (c *Contest) Standings(assertions []Assertion) []Standing {
	all := make([]Standing, len(c.Entries))
	for i, t := range c.Entries {
		d := t.Story.Scenario.Protocol.Describe()
		all[i] = Standing{string(t.Story.Scenario.Protocol), d.Title, d.Like, d.How, d.Without, t.Report(assertions)}
	}
	return all
}

// Score is a figure by which protocols are told apart.
type Score struct {
	Figure Figure
	// Heading is the figure in two short lines.
	Heading [2]string
}

// Scores returns the figures by which protocols are told apart.
func Scores() []Score {
	headings := map[string][2]string{
		"availability":  {"requests", "served"},
		"wasted_share":  {"doomed calls", "sent"},
		"good_rejected": {"good calls", "turned away"},
		"probes":        {"", "probes"},
		"operations":    {"store ops", "per request"},
	}
	var all []Score
	for _, name := range [...]string{"availability", "wasted_share", "good_rejected", "probes", "operations"} {
		for _, f := range Figures() {
			if f.Name == name {
				all = append(all, Score{f, headings[name]})
			}
		}
	}
	return all
}

// Headline says how this module fared.
func (c *Contest) Headline() string {
	for _, t := range c.Entries {
		if t.Story.Scenario.Protocol == simulator.ProtocolRecloser {
			return fmt.Sprintf("The same story under %d protocols: Recloser sent %s of the doomed calls, turned away %s of the good ones, and asked the store %s times for each request.",
				len(c.Entries), t.format("wasted_share"), t.format("good_rejected"), t.format("operations"))
		}
	}
	return fmt.Sprintf("The same story under %d protocols.", len(c.Entries))
}
