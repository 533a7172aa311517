package main

import (
	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

func (a *app) resetCommand() *cobra.Command {
	reason := ""
	cmd := &cobra.Command{
		Use:   "reset <circuit>",
		Short: "Take an override back and close the circuit, without a ramp",
		Example: `  recloser reset payments
  recloser reset payments --reason "provider is back"`,
		Args:              oneCircuit,
		ValidArgsFunction: a.completeCircuits,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := checkReason(cmd.Name(), reason); err != nil {
				return err
			}
			s, err := a.find(cmd.Context(), cmd)
			if err != nil {
				return err
			}
			defer closing(s, &err)
			c, err := s.Reset(cmd.Context(), admin.Order{Circuit: args[0], Actor: actor(), Reason: reason})
			if err != nil {
				return err
			}
			a.say("%s is closed, and nothing is forced, %s; every environment follows within %v", args[0], s.Where(), recloser.RefreshInterval)
			return a.writeChanged(s, c)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; everybody sees it")
	a.addSourceFlags(cmd)
	a.addOutputFlag(cmd)
	return cmd
}
