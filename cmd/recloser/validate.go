package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/config"
)

// validation is what validate found.
type validation struct {
	SchemaVersion int       `json:"schema_version"`
	File          string    `json:"file"`
	Valid         bool      `json:"valid"`
	Store         string    `json:"store,omitempty"`
	Circuits      []string  `json:"circuits,omitempty"`
	Problems      []problem `json:"problems,omitempty"`
}

// problem is one thing that is wrong with a file.
type problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Circuit string `json:"circuit,omitempty"`
	Key     string `json:"key,omitempty"`
	Problem string `json:"problem"`
}

func (a *app) validateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate [file]",
		Short: "Check recloser.yaml, and say where it is wrong and what to do",
		Example: `  recloser validate
  recloser validate deploy/recloser.yaml -o json`,
		Args: atMostOneFile,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				a.config = args[0]
			}
			file, err := config.Load(a.config)
			if err != nil && !errors.Is(err, config.ErrInvalid) {
				return err
			}
			found := validation{SchemaVersion: admin.SchemaVersion, File: cmp.Or(a.config, config.DefaultPath), Valid: err == nil}
			if err == nil {
				found.Store, found.Circuits = file.Store.String(), file.Names()
			}
			var problems config.Errors
			errors.As(err, &problems)
			for _, p := range problems {
				found.Problems = append(found.Problems, problem{p.File, p.Line, p.Column, p.Circuit, p.Path, p.Problem})
			}
			writeErr := a.write(found, func(io.Writer) error {
				if err == nil {
					a.say("%s is sound: %s in %s", found.File, circuitCount(len(found.Circuits)), found.Store)
				}
				return nil
			})
			return errors.Join(writeErr, err)
		},
	}
	a.addOutputFlag(cmd)
	return cmd
}

func circuitCount(n int) string {
	if n == 1 {
		return "1 circuit"
	}
	return fmt.Sprintf("%d circuits", n)
}
