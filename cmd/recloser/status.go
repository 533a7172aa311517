package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

func (a *app) statusCommand() *cobra.Command {
	check := false
	cmd := &cobra.Command{
		Use:   "status [circuit...]",
		Short: "Show all circuits, or the named ones, in a table",
		Long: `Show all circuits, or the named ones, in a table: those that recloser.yaml names
and those that are found in the store. A store knows nothing of healthy calls, so
only a dev server shows a RATE.`,
		Example: `  recloser status
  recloser status payments --check && ./deploy
  recloser status -o json`,
		Args:              anyCircuits,
		ValidArgsFunction: a.completeCircuits,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			s, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer closing(s, &err)
			circuits, note, err := s.Circuits(cmd.Context(), args)
			if err != nil {
				return err
			}
			list := admin.CircuitList{SchemaVersion: admin.SchemaVersion, Source: s.Address(), Circuits: circuits}
			if err := a.write(list, func(w io.Writer) error { return writeStatus(w, circuits) }); err != nil {
				return err
			}
			if note != "" {
				a.say("recloser: %s", note)
			}
			if len(circuits) == 0 {
				a.say("no circuit is known yet: no call has failed, and no recloser.yaml names one")
			}
			return checkCircuits(circuits, check)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "exit with 3 unless all that are shown let calls through")
	a.addSourceFlags(cmd)
	a.addOutputFlag(cmd)
	return cmd
}

// selectCircuits returns the circuits of the given names, or all.
func selectCircuits(all []admin.Circuit, names []string) ([]admin.Circuit, error) {
	if len(names) == 0 {
		return all, nil
	}
	var selected []admin.Circuit
	for _, name := range names {
		i := slices.IndexFunc(all, func(c admin.Circuit) bool { return c.Name == name })
		if i < 0 {
			var known []string
			for _, c := range all {
				known = append(known, c.Name)
			}
			return nil, fmt.Errorf("%w: %s; %s", admin.ErrNotFound, name, admin.Suggest(name, known))
		}
		selected = append(selected, all[i])
	}
	return selected, nil
}

// checkCircuits returns an error if a circuit could not be read, or, if closed is
// wanted, if one lets nothing through.
func checkCircuits(circuits []admin.Circuit, closed bool) error {
	var open, unreadable []string
	for _, c := range circuits {
		forced := c.Override != nil && c.Override.Mode == recloser.OverrideClosed
		switch {
		case c.Problem != "":
			unreadable = append(unreadable, c.Name)
		case c.AdmittedShare == 0 && !forced:
			open = append(open, c.Name)
		}
	}
	switch {
	case len(unreadable) > 0:
		return fmt.Errorf("unreadable: %s", strings.Join(unreadable, ", "))
	case closed && len(open) > 0:
		return withCode(exitOpen, "open: %s", strings.Join(open, ", "))
	}
	return nil
}

func writeStatus(w io.Writer, circuits []admin.Circuit) error {
	var rows [][]string
	for _, c := range circuits {
		if c.Problem != "" {
			rows = append(rows, []string{c.Name, "unreadable", "-", "-", "-", "-", c.Problem})
			continue
		}
		rows = append(rows, []string{
			c.Name, c.State.String(), ago(c.Since), rate(c.Calls), share(c.AdmittedShare), overrideText(c.Override), c.Because(),
		})
	}
	return writeRows(w, []string{"CIRCUIT", "STATE", "SINCE", "RATE", "ADMITTED", "OVERRIDE", "CAUSE"}, rows)
}

// ago says how long ago t was, as short as one can read it.
func ago(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	d := max(time.Since(t), 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0fs", math.Floor(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	if d < 100*time.Hour {
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%.0fd", d.Hours()/24)
}

func rate(c *admin.Calls) string {
	if c == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f/s", c.Rate)
}

func share(s recloser.Share) string { return fmt.Sprintf("%.0f%%", 100*float64(s)) }

func overrideText(o *admin.Override) string {
	if o == nil {
		return "-"
	}
	return fmt.Sprintf("%s until %s", o.Mode, o.Until.Local().Format(time.TimeOnly))
}
