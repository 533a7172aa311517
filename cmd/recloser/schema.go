package main

import (
	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser/config"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of recloser.yaml, for editors",
		Example: "  recloser schema > recloser.schema.json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.out.Write(config.Schema())
			return writing(err)
		},
	}
}
