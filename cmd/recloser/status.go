package main

import (
	"fmt"
	"io"
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
		Example: `  recloser status
  recloser status payments --check && ./deploy
  recloser status -o json`,
		Args:              anyCircuits,
		ValidArgsFunction: a.completeCircuits,
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := a.connect(cmd.Context())
			if err != nil {
				return err
			}
			defer client.Close()
			list, err := client.Circuits(cmd.Context())
			if err != nil {
				return err
			}
			if list.Circuits, err = selectCircuits(list.Circuits, args); err != nil {
				return err
			}
			if err := a.write(list, func(w io.Writer) error { return writeStatus(w, list.Circuits) }); err != nil {
				return err
			}
			if check {
				return checkClosed(list.Circuits)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "exit with 3 unless all that are shown let calls through")
	a.addServerFlag(cmd)
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

func checkClosed(circuits []admin.Circuit) error {
	var open []string
	for _, c := range circuits {
		forced := c.Override != nil && c.Override.Mode == recloser.OverrideClosed
		if c.AdmittedShare == 0 && !forced {
			open = append(open, c.Name)
		}
	}
	if len(open) > 0 {
		return withCode(exitOpen, "open: %s", strings.Join(open, ", "))
	}
	return nil
}

func writeStatus(w io.Writer, circuits []admin.Circuit) error {
	var rows [][]string
	for _, c := range circuits {
		rows = append(rows, []string{
			c.Name, c.State.String(), ago(c.Since), fmt.Sprintf("%.0f/s", c.Calls.Rate), share(c.AdmittedShare), overrideText(c.Override), c.Because(),
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
		return fmt.Sprintf("%.0fs", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

func share(s recloser.Share) string { return fmt.Sprintf("%.0f%%", 100*float64(s)) }

func overrideText(o *admin.Override) string {
	if o == nil {
		return "-"
	}
	return fmt.Sprintf("%s until %s", o.Mode, o.Until.Local().Format(time.TimeOnly))
}
