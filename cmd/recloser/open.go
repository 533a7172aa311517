package main

import (
	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser"
)

func (a *app) openCommand() *cobra.Command {
	return a.overrideCommand("open", "Force a circuit open: every call is turned away",
		`Force a circuit open for a while: every call is turned away, and nothing is
probed. The state of the circuit goes on underneath and holds again at the end.`,
		recloser.OverrideOpen)
}
