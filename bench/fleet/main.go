// Command fleet counts what a fleet costs the store that it shares circuits
// through, on real servers. README.md of the module tells how.
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

	"github.com/recloser-dev/recloser/bench/fleet/bill"
	"github.com/recloser-dev/recloser/bench/fleet/environment"
)

const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitBar         = 99
	exitInterrupted = 130
)

// serveFlag has the program hold environments of a fleet.
const serveFlag = "environments"

type options struct {
	run    string
	dynamo string
	short  bool
	json   bool
	check  bool
	list   bool
	serve  bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code := fleet(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func fleet(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("fleet", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.run, "run", "", "measure only what matches `regexp`, as in recloser/valkey|:20")
	flags.StringVar(&o.dynamo, "dynamodb", "", "use the DynamoDB Local that listens at `url`, instead of starting one")
	flags.BoolVar(&o.short, "short", false, "measure small fleets, for less time than figures need")
	flags.BoolVar(&o.json, "json", false, "print the report as JSON")
	flags.BoolVar(&o.check, "check", false, "exit with status 99 if a bar is not met")
	flags.BoolVar(&o.list, "list", false, "list what can be measured, and end")
	flags.BoolVar(&o.serve, serveFlag, false, "be environments of a fleet, as told on standard input, and end with that")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitUsage
	}
	chosen, err := regexp.Compile(o.run)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("takes no argument such as %q; see -help", flags.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(stderr, "fleet:", err)
		return exitUsage
	}
	c := campaign{short: o.short, chosen: chosen, dynamo: o.dynamo, progress: stderr}
	switch {
	case o.serve:
		err = environment.Serve(ctx, stdin, stdout)
	case o.list:
		for _, wave := range c.waves() {
			for _, f := range wave {
				fmt.Fprintln(stdout, f)
			}
		}
	default:
		return measure(ctx, c, o, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "fleet:", err)
		return exitFailed
	}
	return exitOK
}

// limit is how long a campaign may take, with servers that have to be fetched.
const limit = 20 * time.Minute

func measure(ctx context.Context, c campaign, o options, stdout, stderr io.Writer) int {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	runs, err := c.run(bounded)
	if ctx.Err() != nil {
		return exitInterrupted
	}
	r := bill.New(runs, o.short)
	if err == nil {
		write := r.WriteText
		if o.json {
			write = func(w io.Writer) error {
				encoder := json.NewEncoder(w)
				encoder.SetIndent("", "  ")
				return encoder.Encode(r)
			}
		}
		err = write(stdout)
	}
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "fleet:", err)
		return exitFailed
	case o.check && !r.Passed():
		return exitBar
	}
	return exitOK
}
