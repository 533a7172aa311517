package main

import (
	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser"
)

func (a *app) closeCommand() *cobra.Command {
	return a.overrideCommand("close", "Force a circuit closed: every call is let through",
		`Force a circuit closed for a while: every call is let through, whatever fails.
The state of the circuit goes on underneath and holds again at the end.`,
		recloser.OverrideClosed)
}
