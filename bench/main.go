// Command bench measures what Recloser costs a call, side by side with other
// circuit breakers and with the clock reads that bound them all from below.
// README.md tells how.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/recloser-dev/recloser/bench/command"
	"github.com/recloser-dev/recloser/bench/report"
)

type options struct {
	rounds int
	length time.Duration
	sample string
}

func main() {
	command.Main(func(ctx context.Context, args []string) int { return bench(ctx, args, os.Stdout, os.Stderr) })
}

func bench(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	cmd := command.New("bench", "recloser|gobreaker/rolling:closed", stderr)
	cmd.Flags.IntVar(&o.rounds, "rounds", 15, "take `n` samples of each peer and case")
	cmd.Flags.DurationVar(&o.length, "for", 60*time.Millisecond, "measure each sample for `duration`")
	cmd.Flags.StringVar(&o.sample, "sample", "", "take one sample of `peer:case` in this very process, print it as JSON, and end")
	if status, ended := cmd.Parse(args); ended {
		return status
	}
	switch {
	case o.rounds < 1:
		return cmd.Misused(fmt.Errorf("-rounds is %d; use 1 or more", o.rounds))
	case o.length < time.Millisecond:
		return cmd.Misused(fmt.Errorf("-for is %v; use 1ms or more", o.length))
	}
	c := campaign{rounds: o.rounds, length: o.length, chosen: cmd.Chosen, progress: stderr}
	switch {
	case cmd.List:
		for _, which := range c.ids() {
			fmt.Fprintln(stdout, which)
		}
		return command.OK
	case o.sample != "":
		return cmd.Ended(printSample(o, stdout))
	}
	return measure(ctx, cmd, c, stdout)
}

func printSample(o options, stdout io.Writer) error {
	s, err := sampleHere(o.sample, o.length)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(s)
}

// measure prints what there is, even if some of it could not be measured.
func measure(ctx context.Context, cmd *command.Command, c campaign, stdout io.Writer) int {
	rounds, err := c.run(ctx)
	if ctx.Err() != nil {
		return command.Interrupted
	}
	r := report.New(rounds, c.length)
	if rounds != nil {
		err = errors.Join(err, cmd.Print(stdout, r))
	}
	return cmd.Measured(r, err)
}
