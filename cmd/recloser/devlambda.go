package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
)

// Bounds and defaults of dev with a function.
const (
	defaultProcesses = 5
	mostProcesses    = 100
	lambdaRate       = 20
	lambdaTimeout    = 10 * time.Second
	longestTimeout   = 15 * time.Minute
	largestEvent     = 6 << 20
)

// lambdaOptions are the flags of dev that are about a function.
type lambdaOptions struct {
	on      bool
	program string
	env     []string
	event   string
	timeout time.Duration
}

func (o *lambdaOptions) addFlags(flags *pflag.FlagSet) {
	o.timeout = lambdaTimeout
	flags.BoolVar(&o.on, "lambda", false, "have a Lambda function make the calls, in environments that are processes")
	flags.StringVar(&o.program, "function", "", "the program of the function, such as ./bootstrap (implies --lambda; default a sample)")
	flags.StringArrayVar(&o.env, "env", nil, "a variable of the function, NAME=value, or NAME for the value it has here; may be repeated")
	flags.StringVar(&o.event, "event", "", "a file with the event that the fleet invokes the function with (default a request to its URL)")
	flags.Var((*span)(&o.timeout), "function-timeout", "the function's timeout")
}

// suitLambda makes the defaults those of a fleet of processes.
func (o *devOptions) suitLambda(flags *pflag.FlagSet) {
	o.lambda.on = o.lambda.on || o.lambda.program != ""
	if !o.lambda.on {
		return
	}
	if !flags.Changed("environments") {
		o.environments = defaultProcesses
	}
	if !flags.Changed("rate") {
		o.rate = lambdaRate
	}
}

func (o lambdaOptions) check(command string) error {
	switch {
	case o.timeout <= 0 || o.timeout > longestTimeout:
		return usage("%s: --function-timeout must be above 0s and at most %v, not %v", command, longestTimeout, o.timeout)
	case o.program == "" && (len(o.env) > 0 || o.event != ""):
		return usage("%s: --env and --event are for a function of your own; name it with --function", command)
	}
	return nil
}

// function returns what dev is to run, with what it already knows.
func (o lambdaOptions) function(l *dev.Lambda) (*dev.Lambda, error) {
	if l == nil || o.program == "" {
		return l, nil
	}
	program, err := exec.LookPath(o.program)
	if err != nil {
		return nil, usage("dev: --function: %s cannot be run: build it for this machine, and write the path of the program, such as ./bootstrap", quote(o.program))
	}
	l.Command, l.Env = []string{program}, make(map[string]string)
	for _, variable := range o.env {
		name, value, given := strings.Cut(variable, "=")
		if !given {
			value = os.Getenv(name)
		}
		if name == "" || !given && value == "" {
			return nil, usage("dev: --env: %s is neither NAME=value nor the name of a variable that is set here", quote(name))
		}
		l.Env[name] = value
	}
	if o.event == "" {
		return l, nil
	}
	l.Event, err = os.ReadFile(o.event)
	if err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	if len(l.Event) > largestEvent {
		return nil, usage("dev: --event: %s has %d bytes, and an event has at most %d", quote(o.event), len(l.Event), largestEvent)
	}
	return l, nil
}
