// Package command is what the commands of this module have in common: which of
// what they can measure they are asked for, how they print a report, and the
// status that they end with.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
)

// The statuses that a command ends with.
const (
	OK          = 0
	Failed      = 1
	Usage       = 2
	Bar         = 99
	Interrupted = 130
)

// Main runs a command to its end, or until it is interrupted, and exits with its
// status.
func Main(run func(ctx context.Context, args []string) (status int)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := run(ctx, os.Args[1:])
	stop()
	os.Exit(status)
}

// Command is a command as it was called.
type Command struct {
	// Flags are its flags. Those for the fields below are among them.
	Flags *flag.FlagSet
	// Chosen matches what is to be measured.
	Chosen *regexp.Regexp
	// JSON is whether the report is printed as JSON.
	JSON bool
	// Check is whether a bar that is not met is told by the status.
	Check bool
	// List is whether it lists what can be measured, and does nothing else.
	List bool

	run    string
	stderr io.Writer
}

// New returns a command that tells its faults to stderr. The example is one of
// what it may be asked to measure.
func New(name, example string, stderr io.Writer) *Command {
	c := &Command{Flags: flag.NewFlagSet(name, flag.ContinueOnError), stderr: stderr}
	c.Flags.SetOutput(stderr)
	c.Flags.StringVar(&c.run, "run", "", "measure only what matches `regexp`, as in "+example)
	c.Flags.BoolVar(&c.JSON, "json", false, "print the report as JSON")
	c.Flags.BoolVar(&c.Check, "check", false, "exit with status 99 if a bar is not met")
	c.Flags.BoolVar(&c.List, "list", false, "list what can be measured, and end")
	return c
}

// Parse reads the arguments. If that is the end of the command already, it returns
// the status.
func (c *Command) Parse(args []string) (status int, ended bool) {
	if err := c.Flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return OK, true
	} else if err != nil {
		return Usage, true // The flags have told it.
	}
	chosen, err := regexp.Compile(c.run)
	if err == nil && c.Flags.NArg() > 0 {
		err = fmt.Errorf("takes no argument such as %q; see -help", c.Flags.Arg(0))
	}
	if err != nil {
		return c.Misused(err), true
	}
	c.Chosen = chosen
	return OK, false
}

// Misused is the end of a command that was called in a way that makes no sense.
func (c *Command) Misused(err error) (status int) {
	c.tell(err)
	return Usage
}

// Ended is the end of a command that measured nothing.
func (c *Command) Ended(err error) (status int) {
	if err != nil {
		c.tell(err)
		return Failed
	}
	return OK
}

func (c *Command) tell(err error) { fmt.Fprintf(c.stderr, "%s: %v\n", c.Flags.Name(), err) }

// Report is what has been measured.
type Report interface {
	// WriteText writes it for people.
	WriteText(w io.Writer) error
	// Passed reports whether every bar is known and met.
	Passed() bool
}

// Print prints a report as it was asked for.
func (c *Command) Print(w io.Writer, r Report) error {
	if !c.JSON {
		return r.WriteText(w)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// Measured is the end of a command that has measured what is in a report, unless
// there is an error.
func (c *Command) Measured(r Report, err error) (status int) {
	if err == nil && c.Check && !r.Passed() {
		return Bar
	}
	return c.Ended(err)
}
