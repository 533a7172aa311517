// Command bench measures what Recloser costs a call, side by side with other
// circuit breakers and with the clock reads that bound them all from below.
// README.md tells how.
package main

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
	"time"

	"github.com/recloser-dev/recloser/bench/report"
)

const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitBar         = 99
	exitInterrupted = 130
)

type options struct {
	rounds int
	length time.Duration
	run    string
	sample string
	json   bool
	check  bool
	list   bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code := bench(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func bench(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.rounds, "rounds", 15, "take `n` samples of each peer and case")
	flags.DurationVar(&o.length, "for", 60*time.Millisecond, "measure each sample for `duration`")
	flags.StringVar(&o.run, "run", "", "measure only what matches `regexp`, as in recloser|gobreaker/rolling:closed")
	flags.BoolVar(&o.json, "json", false, "print the report as JSON")
	flags.BoolVar(&o.check, "check", false, "exit with status 99 if a bar is not met")
	flags.BoolVar(&o.list, "list", false, "list what can be measured, and end")
	flags.StringVar(&o.sample, "sample", "", "take one sample of `peer:case` in this very process, print it as JSON, and end")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitUsage
	}
	chosen, err := regexp.Compile(o.run)
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("takes no argument such as %q; see -help", flags.Arg(0))
	case o.rounds < 1:
		err = fmt.Errorf("-rounds is %d; use 1 or more", o.rounds)
	case o.length < time.Millisecond:
		err = fmt.Errorf("-for is %v; use 1ms or more", o.length)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitUsage
	}
	switch {
	case o.list:
		for _, which := range (campaign{chosen: chosen}).ids() {
			fmt.Fprintln(stdout, which)
		}
		return exitOK
	case o.sample != "":
		return printSample(o, stdout, stderr)
	}
	return printReport(ctx, o, chosen, stdout, stderr)
}

func printSample(o options, stdout, stderr io.Writer) int {
	s, err := sampleHere(o.sample, o.length)
	if err == nil {
		err = json.NewEncoder(stdout).Encode(s)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitFailed
	}
	return exitOK
}

func printReport(ctx context.Context, o options, chosen *regexp.Regexp, stdout, stderr io.Writer) int {
	rounds, failures := campaign{rounds: o.rounds, length: o.length, chosen: chosen, progress: stderr}.run(ctx)
	if ctx.Err() != nil {
		return exitInterrupted
	}
	if rounds != nil {
		r := report.New(rounds, o.length)
		write := r.WriteText
		if o.json {
			write = func(w io.Writer) error {
				encoder := json.NewEncoder(w)
				encoder.SetIndent("", "  ")
				return encoder.Encode(r)
			}
		}
		if err := write(stdout); err != nil {
			failures = errors.Join(failures, err)
		}
		if failures == nil && o.check && !r.Passed() {
			return exitBar
		}
	}
	if failures != nil {
		fmt.Fprintln(stderr, "bench:", failures)
		return exitFailed
	}
	return exitOK
}
