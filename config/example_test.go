package config_test

import (
	"errors"
	"fmt"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/config"
)

// A file says only what differs from the defaults; Settings tells where each
// value came from.
func ExampleParse() {
	file, err := config.Parse("recloser.yaml", []byte(`
version: 1
store: { dynamodb: { table: recloser } }
defaults:
  call: { timeout: 2500ms }
circuits:
  payments:
    open_when: { failure_rate: 60% }
`), func(o *config.Options) {
		o.Environ = []string{"RECLOSER_ENFORCE=0%"}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range file.Settings("payments") {
		switch s.Path {
		case "open_when.failure_rate", "open_when.window", "call.timeout", "enforce":
			fmt.Printf("%-22s %-5s %s\n", s.Path, s.Value, s.Source)
		}
	}
	panel := recloser.NewPanel(func(o *recloser.PanelOptions) { o.Policies = file.Policies() })
	defer panel.Close()
	payments, err := panel.Breaker("payments", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(payments.Key(), "fails at", payments.Policy().OpenWhen.FailureRate)
	// Output:
	// open_when.failure_rate 60%   recloser.yaml:8:32
	// open_when.window       10s   default
	// call.timeout           2.5s  recloser.yaml:5:20
	// enforce                0%    RECLOSER_ENFORCE
	// payments fails at 60%
}

// All that is wrong is told at once, and where.
func ExampleErrors() {
	_, err := config.Parse("recloser.yaml", []byte(`version: 1
store: { memory: {} }
circuits:
  payments:
    open_when: { windw: 20s, failure_rate: 500% }
    half_open: { lease: 8s }
`))
	fmt.Println(err)
	fmt.Println(errors.Is(err, config.ErrInvalid))

	if problem, ok := errors.AsType[*config.Error](err); ok {
		fmt.Println(problem.Line, problem.Column, problem.Circuit, problem.Path)
	}
	// Output:
	// recloser.yaml:5:18: open_when.windw: unknown key; did you mean "window"?
	// recloser.yaml:5:44: open_when.failure_rate: a share is between 0% and 100%, not "500%"
	// true
	// 5 18 payments open_when.windw
}
