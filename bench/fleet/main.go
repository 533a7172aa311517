// Command fleet counts what a fleet costs the store that it shares circuits
// through, on real servers. README.md of the module tells how.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/recloser-dev/recloser/bench/command"
	"github.com/recloser-dev/recloser/bench/fleet/bill"
	"github.com/recloser-dev/recloser/bench/fleet/environment"
)

// serveFlag has the program hold environments of a fleet.
const serveFlag = "environments"

func main() {
	command.Main(func(ctx context.Context, args []string) int { return fleet(ctx, args, os.Stdin, os.Stdout, os.Stderr) })
}

func fleet(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := campaign{progress: stderr}
	cmd := command.New("fleet", "recloser/valkey|:20", stderr)
	cmd.Flags.StringVar(&c.dynamo, "dynamodb", "", "use the DynamoDB Local that listens at `url`, instead of starting one")
	cmd.Flags.BoolVar(&c.short, "short", false, "measure small fleets, for less time than figures need")
	serve := cmd.Flags.Bool(serveFlag, false, "be environments of a fleet, as told on standard input, and end with that")
	if status, ended := cmd.Parse(args); ended {
		return status
	}
	c.chosen = cmd.Chosen
	switch {
	case *serve:
		return cmd.Ended(environment.Serve(ctx, stdin, stdout))
	case cmd.List:
		for _, wave := range c.waves() {
			for _, f := range wave {
				fmt.Fprintln(stdout, f)
			}
		}
		return command.OK
	}
	return measure(ctx, cmd, c, stdout)
}

// limit is how long a campaign may take, with servers that have to be fetched.
const limit = 20 * time.Minute

func measure(ctx context.Context, cmd *command.Command, c campaign, stdout io.Writer) int {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	runs, err := c.run(bounded)
	if ctx.Err() != nil {
		return command.Interrupted
	}
	r := bill.New(runs, c.short)
	if err == nil {
		err = cmd.Print(stdout, r)
	}
	return cmd.Measured(r, err)
}
