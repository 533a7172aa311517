package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

func (a *app) describeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "describe <circuit>",
		Short:             "Show everything about one circuit",
		Example:           "  recloser describe payments",
		Args:              oneCircuit,
		ValidArgsFunction: a.completeCircuits,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			s, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer closing(s, &err)
			c, err := s.Describe(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.write(descriptionOf(s, c), func(w io.Writer) error { return writeDescription(w, c) })
		},
	}
	a.addSourceFlags(cmd)
	a.addOutputFlag(cmd)
	return cmd
}

func writeDescription(w io.Writer, c admin.Circuit) error {
	columns := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	line := func(key, format string, args ...any) {
		// Nothing is written before the flush.
		_, _ = fmt.Fprintf(columns, "%s\t%s\n", key, fmt.Sprintf(format, args...))
	}
	line("circuit", "%s", c.Name)
	line("state", "%s", c.State)
	if !c.Since.IsZero() {
		line("since", "%s (%s ago)", c.Since.Local().Format(time.DateTime), ago(c.Since))
	}
	if c.OpenUntil.After(time.Now()) {
		line("probed from", "%s", c.OpenUntil.Local().Format(time.TimeOnly))
	}
	line("cause", "%s", c.Cause.Text)
	line("admitted", "%s", share(c.AdmittedShare))
	if o := c.Override; o != nil {
		line("override", "%s until %s by %s: %s", o.Mode, o.Until.Local().Format(time.DateTime), o.Actor, o.Reason)
	} else {
		line("override", "none")
	}
	if c.Environments > 0 {
		line("environments", "%d, of which %d have opened for themselves", c.Environments, c.Isolated)
	}
	if c.Unnamed {
		line("policy", "the default: recloser.yaml does not name it")
	}
	line("generation", "%d, relapses %d", c.Generation, c.Relapses)
	line("probes", "%d of %d in flight, %d of %d succeeded, %d failed",
		c.Probes.InFlight, c.Probes.Allowed, c.Probes.Succeeded, c.Probes.Needed, c.Probes.Failed)
	watched := "nobody counts"
	if c.Watched {
		watched = fmt.Sprintf("%d calls counted, %d failed, %d slow", c.Window.Calls, c.Window.Failures, c.Window.Slow)
	}
	line("window", "%s", watched)
	if calls := c.Calls; calls != nil {
		line("calls now", "%.0f/s admitted, %.0f/s rejected, %.0f/s failed", calls.AdmittedRate, calls.RejectedRate, calls.FailedRate)
		line("calls in all", "%d admitted, %d rejected, %d failed", calls.Admitted, calls.Rejected, calls.Failed)
		line("upstream", "%s", c.Upstream)
		line("proxy", "%s", c.Proxy)
	}
	if err := columns.Flush(); err != nil || len(c.Settings) == 0 {
		return writing(err)
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return writing(err)
	}
	var rows [][]string
	for _, s := range c.Settings {
		value := s.Value
		if value == "" {
			value = "-"
		}
		rows = append(rows, []string{s.Key, value, s.Source})
	}
	return writeRows(w, []string{"SETTING", "VALUE", "SOURCE"}, rows)
}
