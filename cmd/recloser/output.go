package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

// output is the format of data.
type output string

const (
	outputTable output = "table"
	outputJSON  output = "json"
	outputYAML  output = "yaml"
)

// String implements pflag.Value.
func (o *output) String() string { return string(*o) }

// Type implements pflag.Value.
func (o *output) Type() string { return "format" }

// Set implements pflag.Value.
func (o *output) Set(text string) error {
	switch value := output(text); value {
	case outputTable, outputJSON, outputYAML:
		*o = value
		return nil
	}
	return fmt.Errorf("the format is table, json or yaml, not %s", quote(text))
}

// addOutputFlag gives cmd the flag that chooses a format.
func (a *app) addOutputFlag(cmd *cobra.Command) {
	cmd.Flags().VarP(&a.output, "output", "o", "the format of the output: table, json or yaml [RECLOSER_OUTPUT]")
	// This fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(
		[]string{string(outputTable), string(outputJSON), string(outputYAML)}, cobra.ShellCompDirectiveNoFileComp))
}

// write writes data in the chosen format; table writes it as a table.
func (a *app) write(data any, table func(io.Writer) error) error {
	switch a.output {
	case outputJSON:
		encoder := json.NewEncoder(a.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return writing(encoder.Encode(data))
	case outputYAML:
		text, err := toYAML(data)
		if err != nil {
			return err
		}
		_, err = a.out.Write(text)
		return writing(err)
	case outputTable:
	}
	return table(a.out)
}

// toYAML writes data with the keys and in the order that its JSON has.
func toYAML(data any) ([]byte, error) {
	text, err := json.Marshal(data)
	if err == nil {
		text, err = yaml.JSONToYAML(text)
	}
	if err != nil {
		return nil, fmt.Errorf("write yaml: %w", err)
	}
	return text, nil
}

// writeRows writes rows under a heading, in columns.
func writeRows(w io.Writer, heading []string, rows [][]string) error {
	columns := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, row := range append([][]string{heading}, rows...) {
		// Nothing is written before the flush.
		_, _ = io.WriteString(columns, strings.Join(row, "\t")+"\n")
	}
	return writing(columns.Flush())
}

func writing(err error) error {
	if err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}
