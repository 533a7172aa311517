package locallambda

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Options of [New]. All have defaults but Command.
type Options struct {
	// Name of the function: letters, digits, - and _, at most 64. Defaults to
	// "function".
	Name string
	// Command is the program that speaks the Runtime API, and its arguments. A
	// path with a / is taken from the working directory of this process, a name
	// without one is looked up in PATH.
	Command []string
	// Dir is the working directory of the function and its extensions, and
	// LAMBDA_TASK_ROOT. Defaults to the working directory of this process.
	Dir string
	// Extensions are the executables of external extensions, at most 10. Their
	// file names are the names that they must register by.
	Extensions []string

	// Env are the function's own variables. Those that Lambda reserves are
	// refused, but for the three of credentials, which nobody else sets here.
	Env map[string]string
	// EachEnv gives variables of one environment alone, by its number from 1, as
	// a port that its extension listens on: here environments share a network.
	// Defaults to none.
	EachEnv func(environment int) map[string]string
	// Inherit names variables of this process that its environments see besides
	// PATH and HOME, which they always see.
	Inherit []string
	// Handler is _HANDLER. Defaults to "bootstrap".
	Handler string
	// ExecutionEnv is AWS_EXECUTION_ENV, such as AWS_Lambda_python3.14. It is
	// not set by default, as for OS-only runtimes.
	ExecutionEnv string
	// Version is the version that is executed. Defaults to "$LATEST".
	Version string
	// Region defaults to "us-east-1".
	Region string
	// Account is the account's number. Defaults to "123456789012".
	Account string
	// Memory in MB is told to the function, and not enforced. Defaults to 128.
	Memory int

	// Timeout bounds the invoke phase: the handler, and the extensions that
	// listen to it. Defaults to 3s; at most 15m.
	Timeout time.Duration
	// InitTimeout bounds the init phase. What does not end in time is tried
	// once more by the first invocation, within Timeout. Defaults to 10s.
	InitTimeout time.Duration
	// MaxEnvironments is how many environments there are at most, and so the
	// function's concurrency. Defaults to 10; at most 1000.
	MaxEnvironments int
	// EnvironmentConcurrency makes the environments those of Lambda Managed
	// Instances: each takes so many invocations at once, at most 64, and none
	// is ever frozen. Defaults to 0: on demand, one at a time.
	EnvironmentConcurrency int
	// NoFreeze lets environments run between invocations, which Lambda does not.
	NoFreeze bool
	// IdleLimit shuts an environment down that has been idle for so long.
	// Defaults to 0: never, but see [Function.SpinDown].
	IdleLimit time.Duration

	// Async are the options of asynchronous invocations.
	Async Async

	// Log takes each line that a process writes, and those of the platform. It
	// is called by one goroutine at a time, and should not wait. Defaults to
	// nothing.
	Log func(Line)
	// Clock is the time of the asynchronous queue. Defaults to the machine's.
	Clock Clock
}

// The bounds of a function.
const (
	maxExtensions  = 10
	maxConcurrency = 64
	maxTimeout     = 15 * time.Minute
	mostAtAll      = 1000 // Environments.
)

func defaults() Options {
	return Options{
		Name: "function", Handler: "bootstrap", Version: "$LATEST", Region: "us-east-1", Account: "123456789012",
		Memory: 128, Timeout: 3 * time.Second, InitTimeout: 10 * time.Second, MaxEnvironments: 10,
		Async: asyncDefaults(),
	}
}

// validate returns the options with paths made absolute, or all that is wrong
// with them.
func (o Options) validate() (Options, error) {
	var problems []error
	wrong := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("locallambda: "+format, args...))
	}
	name := regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`)
	if !name.MatchString(o.Name) {
		wrong("the name %.70q is not one of 1 to 64 letters, digits, - and _", o.Name)
	}
	if len(o.Command) == 0 || o.Command[0] == "" {
		wrong("there is no Command; give it the program of the function")
	}
	if o.Timeout <= 0 || o.Timeout > maxTimeout {
		wrong("the timeout %v is not above 0 and at most %v", o.Timeout, maxTimeout)
	}
	if o.InitTimeout <= 0 || o.InitTimeout > maxTimeout {
		wrong("the init timeout %v is not above 0 and at most %v", o.InitTimeout, maxTimeout)
	}
	if o.MaxEnvironments < 1 || o.MaxEnvironments > mostAtAll {
		wrong("%d environments are not at least 1 and at most %d", o.MaxEnvironments, mostAtAll)
	}
	if o.EnvironmentConcurrency < 0 || o.EnvironmentConcurrency > maxConcurrency {
		wrong("a concurrency of %d in each environment is not at least 0 and at most %d", o.EnvironmentConcurrency, maxConcurrency)
	}
	if len(o.Extensions) > maxExtensions {
		wrong("there are %d extensions, and may be %d", len(o.Extensions), maxExtensions)
	}
	for _, key := range slices.Sorted(maps.Keys(o.Env)) {
		switch {
		case slices.Contains(reserved(), key):
			wrong("the variable %s is reserved by Lambda", key)
		case key == "" || strings.ContainsAny(key, "=\x00") || strings.Contains(o.Env[key], "\x00"):
			wrong("the variable %.70q cannot be set", key)
		}
	}
	if err := o.Async.validate(); err != nil {
		problems = append(problems, err)
	}
	if err := o.absolute(); err != nil {
		problems = append(problems, err)
	}
	return o, errors.Join(problems...)
}

func (o *Options) absolute() error {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return fmt.Errorf("locallambda: the working directory: %w", err)
	}
	o.Dir = dir
	o.Env = maps.Clone(o.Env)
	o.Command, o.Extensions = slices.Clone(o.Command), slices.Clone(o.Extensions)
	names := make(map[string]bool)
	for i, path := range o.Extensions {
		full, err := filepath.Abs(path)
		if err != nil {
			return fmt.Errorf("locallambda: the extension %s: %w", path, err)
		}
		if name := filepath.Base(full); names[name] {
			return fmt.Errorf("locallambda: two extensions are called %s", name)
		}
		names[filepath.Base(full)] = true
		o.Extensions[i] = full
	}
	if len(o.Command) > 0 && strings.Contains(o.Command[0], "/") {
		if o.Command[0], err = filepath.Abs(o.Command[0]); err != nil {
			return fmt.Errorf("locallambda: the command: %w", err)
		}
	}
	return nil
}

// managed reports whether environments are those of Managed Instances.
func (o *Options) managed() bool { return o.EnvironmentConcurrency > 0 }

func (o *Options) arn() string {
	return "arn:aws:lambda:" + o.Region + ":" + o.Account + ":function:" + o.Name
}

// qualifiedARN is the function's name in the records of destinations.
func (o *Options) qualifiedARN() string { return o.arn() + ":" + o.Version }
