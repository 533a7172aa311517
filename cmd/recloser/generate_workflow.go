package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/workflow"
)

func (a *app) generateWorkflowCommand() *cobra.Command {
	var out string
	var circuits []string
	cmd := &cobra.Command{
		Use:   "workflow --out DIR",
		Short: "Write Step Functions state machines that guard calls",
		Long: `Write the state machines of circuits, in Amazon States Language with JSONata.

For each circuit: guard and guard-express make calls, hold makes those of many
items, recover probes a circuit without traffic (if workflow.health names a
function), and redrive makes the calls that were parked (if on_failure.park names
a queue). Files that are there are written over. docs/step-functions.md has the
roles that they need, and what they cost.`,
		Example: `  recloser generate workflow --out asl
  recloser generate workflow --out asl --circuit payments --circuit search`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return usage("generate workflow needs a folder to write to; try --out asl")
			}
			file, err := config.Load(a.config)
			if err != nil {
				return err
			}
			files, err := workflowFiles(file, circuits)
			if err != nil {
				return err
			}
			if err := writeFiles(out, files); err != nil {
				return err
			}
			for _, f := range files {
				a.say("%s", filepath.Join(out, f.Name))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the folder to write to; it is made if there is none")
	cmd.Flags().StringArrayVar(&circuits, "circuit", nil, "a circuit to write; may be given more than once (default all)")
	return cmd
}

// workflowFiles returns the files of circuits by their names, or of all.
func workflowFiles(file *config.File, names []string) ([]workflow.File, error) {
	table := file.Store.DynamoDB
	if table == nil {
		return nil, fmt.Errorf("workflows share a circuit through DynamoDB, and the store of the file is %s; name one with store: { dynamodb: { table: recloser } }", file.Store)
	}
	for _, name := range names {
		if _, found := file.Circuits[name]; !found {
			return nil, withCode(exitNotFound, "the file has no circuit %s; there are %s", quote(name), strings.Join(file.Names(), ", "))
		}
	}
	var files []workflow.File
	for _, name := range file.Names() {
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		c := file.Circuits[name]
		more, err := workflow.Generate(name, func(o *workflow.Options) {
			o.Policy, o.Table = c.Policy, table.Table
			o.HTTP, o.Errors, o.Ignore = c.Failures.HTTP, c.Failures.Errors, c.Failures.Ignore
			o.Tasks, o.WhenOpen, o.Park, o.Fallback, o.Health = c.Workflow.Tasks, c.Workflow.WhenOpen, c.OnFailure.Park, c.Workflow.Fallback, c.Workflow.Health
			o.Redrives = c.OnFailure.Redrive.MaxAttempts
			attempts := c.Workflow.Attempts
			o.Attempts, o.Interval, o.Backoff, o.MaxDelay = attempts.Max, attempts.Interval, attempts.Backoff, attempts.MaxDelay
		})
		if err != nil {
			return nil, fmt.Errorf("circuit %s: %w", name, err)
		}
		files = append(files, more...)
	}
	return files, nil
}

// writeFiles writes files to a folder, each whole or not at all.
func writeFiles(dir string, files []workflow.File) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("%w; choose another folder with --out", err)
	}
	for _, f := range files {
		if err := writeFile(dir, f); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(dir string, f workflow.File) error {
	temporary, err := os.CreateTemp(dir, "."+f.Name+"-")
	if err != nil {
		return fmt.Errorf("%w; choose another folder with --out", err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // It is gone if all went well.
	_, err = temporary.Write(f.Text)
	if err := errors.Join(err, temporary.Chmod(0o644), temporary.Close()); err != nil {
		return fmt.Errorf("write %s: %w", f.Name, err)
	}
	return os.Rename(temporary.Name(), filepath.Join(dir, f.Name))
}
