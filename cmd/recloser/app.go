package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const environmentPrefix = "RECLOSER_"

// app is what all commands share: the streams, and the flags of every command.
// Data goes to out and messages to messages.
type app struct {
	in            io.Reader
	out, messages io.Writer
	getenv        func(string) string

	config, server, store string

	output output
	// byEnvironment are the flags that were set by the environment.
	byEnvironment map[string]bool
}

func newApp(in io.Reader, out, messages io.Writer, getenv func(string) string) *app {
	return &app{in: in, out: out, messages: messages, getenv: getenv, output: outputTable, byEnvironment: make(map[string]bool)}
}

// run executes one command line and returns its exit code.
func (a *app) run(ctx context.Context, args []string) (code int) {
	defer func() {
		if r := recover(); r != nil {
			a.say("recloser: a fault in recloser itself: %v; please report it", r)
			code = exitError
		}
	}()
	root := a.command()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code = codeOf(ctx, err)
	if code != exitInterrupted {
		a.say("%s", explain(err))
	}
	return code
}

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "recloser",
		Short: "Circuit breakers for a whole fleet",
		Long: `Recloser protects a dependency with one circuit for a whole fleet.

Start with "recloser dev": a fleet, a dependency whose faults you switch, and a
circuit between them, on this machine alone. The other commands show and steer
circuits: those of --store, or of the store that recloser.yaml names, or else
those of the dev server that runs.

Exit codes: 0 ok, 1 error, 2 usage, 3 circuit open, 4 not found, 5 permission,
6 store unreachable, 10 differences, 99 assertion failed, 130 interrupted.`,
		SuggestionsMinimumDistance: 2,
		SilenceErrors:              true,
		SilenceUsage:               true,
		Args:                       noArguments,
		PersistentPreRunE:          func(cmd *cobra.Command, _ []string) error { return a.readEnvironment(cmd) },
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.messages)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return flagError(cmd, err)
	})
	flags := root.PersistentFlags()
	flags.StringVar(&a.config, "config", "", "the file with the circuits (default recloser.yaml, if there is one) [RECLOSER_CONFIG]")
	root.AddCommand(
		a.devCommand(), a.initCommand(), a.validateCommand(), a.schemaCommand(), a.statusCommand(), a.describeCommand(),
		a.openCommand(), a.closeCommand(), a.resetCommand(), a.eventsCommand(), a.storeCommand(), a.simulateCommand(), a.versionCommand(), a.completionCommand(),
		a.generateCommand(),
	)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(a.helpCommand(root))
	return root
}

func (a *app) helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Show what a command does",
		RunE: func(_ *cobra.Command, args []string) error {
			found, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return noArguments(root, args)
			}
			return found.Help()
		},
	}
}

// readEnvironment sets the flags that were not given from the environment.
func (a *app) readEnvironment(cmd *cobra.Command) error {
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := environmentPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := a.getenv(name)
		if f.Changed || value == "" || failed != nil || !strings.Contains(f.Usage, "["+name+"]") {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			failed = usage("the environment variable %s: %s", name, shorten(err.Error()))
		}
		a.byEnvironment[f.Name] = true
	})
	return failed
}

// say writes one message.
func (a *app) say(format string, args ...any) {
	// There is nobody to tell if this fails.
	_, _ = fmt.Fprintf(a.messages, format+"\n", args...)
}

// terminal reports whether stream is one that can be drawn on.
func (a *app) terminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(file.Fd()) && a.getenv("TERM") != "dumb"
}
