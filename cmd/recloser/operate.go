package main

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

// defaultOverride is how long an override lasts if nobody says.
const defaultOverride = 15 * time.Minute

// overrideCommand is open or close.
func (a *app) overrideCommand(use, short, long string, mode recloser.OverrideMode) *cobra.Command {
	length := defaultOverride
	reason := ""
	cmd := &cobra.Command{
		Use:               use + " <circuit>",
		Short:             short,
		Long:              long,
		Example:           fmt.Sprintf("  recloser %s payments --for 10m --reason \"provider maintenance\"", use),
		Args:              oneCircuit,
		ValidArgsFunction: a.completeCircuits,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := checkOverride(cmd.Name(), length, reason); err != nil {
				return err
			}
			s, err := a.find(cmd.Context(), cmd)
			if err != nil {
				return err
			}
			defer closing(s, &err)
			c, err := s.Override(cmd.Context(), admin.Order{
				Circuit: args[0], Mode: mode, For: length.String(), Actor: actor(), Reason: reason,
			})
			if err != nil {
				return err
			}
			a.say("%s is forced %s for %v %s; every environment follows within %v", args[0], mode, length, s.Where(), recloser.RefreshInterval)
			a.say("undo: recloser reset %s%s", args[0], s.Flag())
			return a.writeChanged(s, c)
		},
	}
	cmd.Flags().Var((*span)(&length), "for", fmt.Sprintf("how long, up to %gh", admin.MaxOverride.Hours()))
	cmd.Flags().StringVar(&reason, "reason", "", "why; everybody sees it (required)")
	a.addSourceFlags(cmd)
	a.addOutputFlag(cmd)
	return cmd
}

func checkOverride(command string, length time.Duration, reason string) error {
	switch {
	case length <= 0 || length > admin.MaxOverride:
		return usage("%s: --for must be above 0s and at most %gh, such as 10m, not %v", command, admin.MaxOverride.Hours(), length)
	case reason == "":
		return usage("%s: --reason is missing; say why, so that others know", command)
	}
	return checkReason(command, reason)
}

func checkReason(command, reason string) error {
	if len(reason) > admin.MaxText || !admin.Printable(reason) {
		return usage("%s: --reason must be one line of at most %d bytes, and has %d", command, admin.MaxText, len(reason))
	}
	return nil
}

// writeChanged writes a circuit that was changed, for machines: a person has
// been told already.
func (a *app) writeChanged(s source, c admin.Circuit) error {
	if a.output == outputTable {
		return nil
	}
	return a.write(descriptionOf(s, c), nil)
}

func descriptionOf(s source, c admin.Circuit) admin.CircuitDescription {
	return admin.CircuitDescription{SchemaVersion: admin.SchemaVersion, Source: s.Address(), Circuit: c}
}

// actor returns who runs this program: user@host.
func actor() string {
	name, host := "someone", "somewhere"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil && h != "" {
		host = h
	}
	text := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name+"@"+host)
	return strings.ToValidUTF8(text[:min(len(text), admin.MaxText/2)], "")
}

// mostDays bounds a duration in days.
const mostDays = 36_500

// span is a duration as a flag, whose errors say what to write.
type span time.Duration

// String implements pflag.Value.
func (s *span) String() string { return time.Duration(*s).String() }

// Type implements pflag.Value.
func (s *span) Type() string { return "duration" }

// Set implements pflag.Value.
func (s *span) Set(text string) error {
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(min(max(n, -mostDays), mostDays)) * 24 * time.Hour
	}
	if err != nil {
		return fmt.Errorf("%s is no duration; write 90s, 10m or 2h", quote(text))
	}
	*s = span(d)
	return nil
}
