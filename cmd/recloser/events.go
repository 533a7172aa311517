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
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

const defaultEvents = 50

func (a *app) eventsCommand() *cobra.Command {
	follow := false
	limit := defaultEvents
	cmd := &cobra.Command{
		Use:   "events [circuit...]",
		Short: "Show what happened to all circuits, or the named ones",
		Long: `Show what happened to all circuits, or the named ones, oldest first. With -f it
goes on until it is interrupted, and -o json writes one event a line.`,
		Example: `  recloser events
  recloser events -f payments`,
		Args:              anyCircuits,
		ValidArgsFunction: a.completeCircuits,
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 || limit > admin.MaxEvents {
				return usage("%s: --limit must be from 1 to %d, not %d", cmd.Name(), admin.MaxEvents, limit)
			}
			client, err := a.connect(cmd.Context())
			if err != nil {
				return err
			}
			defer client.Close()
			if err := checkKnown(cmd.Context(), client, args); err != nil {
				return err
			}
			list, err := client.Events(cmd.Context(), 0, admin.MaxEvents, 0)
			if err != nil {
				return err
			}
			last := lastSequence(list.Events, 0)
			events := concerning(list.Events, args)
			list.Events = events[max(0, len(events)-limit):]
			if !follow {
				return a.write(list, func(w io.Writer) error { return writeEvents(w, list.Events, outputTable) })
			}
			if err := writeEvents(a.out, list.Events, a.output); err != nil {
				return err
			}
			return a.follow(cmd.Context(), client, last, args)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with events as they happen")
	cmd.Flags().IntVarP(&limit, "limit", "n", defaultEvents, "the number of latest events to begin with")
	a.addServerFlag(cmd)
	a.addOutputFlag(cmd)
	return cmd
}

// checkKnown returns an error if one of the circuits does not exist.
func checkKnown(ctx context.Context, client *admin.Client, names []string) error {
	for _, name := range names {
		if _, err := client.Describe(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// follow writes events as they happen, until ctx or the server ends.
func (a *app) follow(ctx context.Context, client *admin.Client, last uint64, names []string) error {
	for {
		list, err := client.Events(ctx, last, admin.MaxEvents, admin.MaxWait)
		if err != nil {
			return err
		}
		last = lastSequence(list.Events, last)
		if err := writeEvents(a.out, concerning(list.Events, names), a.output); err != nil {
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
	line := fmt.Sprintf("%s  %-12s  %-14s  %s", e.At.Local().Format("15:04:05.000"), e.Circuit, e.Kind, e.Text)
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
