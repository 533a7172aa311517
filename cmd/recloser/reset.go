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
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkReason(cmd.Name(), reason); err != nil {
				return err
			}
			client, err := a.connect(cmd.Context())
			if err != nil {
				return err
			}
			defer client.Close()
			d, err := client.Reset(cmd.Context(), admin.Order{Circuit: args[0], Actor: actor(), Reason: reason})
			if err != nil {
				return err
			}
			a.say("%s is closed, and nothing is forced, on the dev server at %s; every environment follows within %v",
				args[0], client.Address(), recloser.RefreshInterval)
			return a.writeChanged(d)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; everybody sees it")
	a.addServerFlag(cmd)
	a.addOutputFlag(cmd)
	return cmd
}
