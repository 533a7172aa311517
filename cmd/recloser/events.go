package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

const defaultEvents = 50

// eventOptions are the flags of events.
type eventOptions struct {
	follow bool
	limit  int
	since  time.Duration
}

func (a *app) eventsCommand() *cobra.Command {
	o := eventOptions{limit: defaultEvents, since: recloser.HistoryAge}
	cmd := &cobra.Command{
		Use:   "events [circuit...]",
		Short: "Show what happened to all circuits, or the named ones",
		Long: `Show what happened to all circuits, or the named ones, oldest first: transitions
with their evidence, and what operators said. A store remembers 30 days, and a
line says so where transitions were not remembered; a dev server remembers what
happened since it started. With -f it goes on until it is interrupted, and -o
json writes one event a line. It then reads each circuit of a store every two
seconds, and no more than ten a second.`,
		Example: `  recloser events --since 24h
  recloser events -f payments`,
		Args:              anyCircuits,
		ValidArgsFunction: a.completeCircuits,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd.Name()); err != nil {
				return err
			}
			return a.showEvents(cmd, args, o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&o.follow, "follow", "f", false, "go on with events as they happen")
	flags.IntVarP(&o.limit, "limit", "n", defaultEvents, "the number of latest events to begin with")
	flags.Var((*span)(&o.since), "since", "how long ago to begin, such as 2h or 7d")
	a.addSourceFlags(cmd)
	a.addOutputFlag(cmd)
	return cmd
}

func (o eventOptions) check(command string) error {
	switch {
	case o.limit < 1 || o.limit > admin.MaxEvents:
		return usage("%s: --limit must be from 1 to %d, not %d", command, admin.MaxEvents, o.limit)
	case o.since <= 0 || o.since > recloser.HistoryAge:
		return usage("%s: --since must be above 0s and at most %.0fd, such as 2h or 7d, not %v", command, recloser.HistoryAge.Hours()/24, o.since)
	}
	return nil
}

func (a *app) showEvents(cmd *cobra.Command, names []string, o eventOptions) (err error) {
	s, err := a.connect(cmd)
	if err != nil {
		return err
	}
	defer closing(s, &err)
	happened, err := s.Events(cmd.Context(), names, time.Now().Add(-o.since), o.limit)
	if err != nil {
		return err
	}
	if happened.note != "" {
		a.say("recloser: %s", happened.note)
	}
	for _, problem := range happened.problems {
		a.say("recloser: %s", problem)
	}
	if o.follow {
		if err := writeEvents(a.out, happened.events, a.output); err != nil {
			return err
		}
		return a.follow(cmd.Context(), happened.next)
	}
	list := admin.EventList{SchemaVersion: admin.SchemaVersion, Source: s.Address(), Events: happened.events}
	if err := a.write(list, func(w io.Writer) error { return writeEvents(w, list.Events, outputTable) }); err != nil {
		return err
	}
	if n := len(happened.problems); n > 0 {
		return fmt.Errorf("%s could not be read", circuitCount(n))
	}
	return nil
}

// follow writes events as they happen, until ctx ends or there are no more. A
// store may be out of reach for a while.
func (a *app) follow(ctx context.Context, next func(context.Context) ([]admin.Event, error)) error {
	lost := false
	for {
		events, err := next(ctx)
		switch {
		case err == nil:
			lost = false
		case ctx.Err() != nil || storage.FaultOf(err) != storage.FaultUnreachable:
			return err
		case !lost:
			lost = true
			a.say("%s; still following", explain(err))
		}
		if err := writeEvents(a.out, events, a.output); err != nil {
			return err
		}
	}
}

func lastSequence(events []admin.Event, last uint64) uint64 {
	if len(events) == 0 {
		return last
	}
	return events[len(events)-1].Sequence
}

// concerning returns the events of the named circuits and their partitions, or
// all if none is named.
func concerning(events []admin.Event, names []string) []admin.Event {
	if len(names) == 0 {
		return events
	}
	return slices.DeleteFunc(events, func(e admin.Event) bool {
		return !slices.ContainsFunc(names, func(name string) bool {
			return e.Circuit == name || strings.HasPrefix(e.Circuit, name+"/")
		})
	})
}

// writeEvents writes one event a line: for a person, or as JSON, or as a YAML
// list.
func writeEvents(w io.Writer, events []admin.Event, format output) error {
	for _, e := range events {
		var text []byte
		var err error
		switch format {
		case outputJSON:
			text, err = json.Marshal(e)
			text = append(text, '\n')
		case outputYAML:
			text, err = toYAML([]admin.Event{e})
		case outputTable:
			text = []byte(eventLine(e))
		}
		if err == nil {
			_, err = w.Write(text)
		}
		if err != nil {
			return writing(err)
		}
	}
	return nil
}

func eventLine(e admin.Event) string {
	layout := "15:04:05.000"
	if e.Sequence == 0 { // A store remembers days.
		layout = "2006-01-02 15:04:05"
	}
	line := fmt.Sprintf("%s  %-12s  %-14s  %s", e.At.Local().Format(layout), e.Circuit, e.Kind, e.Text)
	if e.Environment != "" && e.Kind != string(recloser.EventWatched) {
		line = strings.TrimRight(line, " ") + "  (" + e.Environment + ")"
	}
	return strings.TrimRight(line, " ") + "\n"
}

// stream writes the events of a running server until ctx ends, the last ones
// included.
func (a *app) stream(ctx context.Context, events func(ctx context.Context, after uint64, limit int, wait time.Duration) []admin.Event) error {
	last := uint64(0)
	for {
		fresh := events(ctx, last, admin.MaxEvents, admin.MaxWait)
		last = lastSequence(fresh, last)
		if err := writeEvents(a.out, fresh, a.output); err != nil {
			return err
		}
		if ctx.Err() != nil && len(fresh) == 0 {
			return nil
		}
	}
}
