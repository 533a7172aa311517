// Command recloser runs circuits on this machine to play with, and shows and
// steers them from other terminals.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/sample"
)

func main() {
	os.Exit(run())
}

// run is main with an exit code; tests start it as a process of its own.
func run() int {
	if setup := os.Getenv(sample.Variable); setup != "" {
		fmt.Fprintln(os.Stderr, "recloser: the sample function:", sample.Start(setup))
		return exitError
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return newApp(os.Stdin, os.Stdout, os.Stderr, os.Getenv).run(ctx, os.Args[1:])
}
