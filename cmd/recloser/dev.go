package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/live"
)

// Bounds and defaults of dev.
const (
	defaultPort         = 7373
	defaultEnvironments = 20
	defaultRate         = 100
	mostEnvironments    = 10_000
	mostRate            = 5_000
	longestRun          = 24 * time.Hour
	scriptTime          = 40 * time.Second
)

// devStoreTimeout bounds what the environments of dev ask of a store: a laptop
// is further from it than a function is.
const devStoreTimeout = time.Second

// devOptions are the flags of dev.
type devOptions struct {
	port, environments int
	chosenPort         bool
	rate               float64
	duration           time.Duration
	sample             bool
	script, plain      bool
	store              string
	lambda             lambdaOptions
}

func (a *app) devCommand() *cobra.Command {
	var o devOptions
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a fleet, a dependency to break and the circuits between, on this machine",
		Long: `Run a fleet on this machine: environments that share a store in memory, a sample
upstream whose faults you switch, and the circuits of recloser.yaml between them
(or two of its own, if there is no such file).

With --store the environments share that store instead, with each other and with
everybody else who uses it: start a second one, and an outage of most of their
calls opens the circuit in both. Only the flag says so, not RECLOSER_STORE and not recloser.yaml:
dev breaks things, and a table of production is named too easily. It reads as a
fleet does, each circuit every five seconds in each environment and more often
while calls fail; the view itself reads five times a second at most.

With --lambda the calls are made by a Lambda function in environments that are
processes of their own: started as calls come in, frozen between them, killed at
the timeout. It is a sample that calls the sample upstream, or --function, your
own: built for this machine, by the runtime client of any language.

In a terminal it shows a live view; elsewhere it writes one line an event. Send
calls of your own through a circuit at http://127.0.0.1:7373/proxy/<circuit>/…
A circuit with an upstream of its own is called by you alone; the fleet calls the
others, at the sample upstream.`,
		Example: `  recloser dev
  recloser dev --environments 1000 --rate 500
  recloser dev --script
  recloser dev --store "dynamodb://recloser?endpoint=http://127.0.0.1:8000"
  recloser dev --lambda
  recloser dev --function ./bootstrap --env PAYMENTS_URL=http://127.0.0.1:7374/payments
  curl --json '{"circuit":"payments","errors":"100%"}' http://127.0.0.1:7374/faults`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.suitLambda(cmd.Flags())
			if err := o.check(cmd.Name()); err != nil {
				return err
			}
			o.chosenPort = cmd.Flags().Changed("port")
			return a.runDev(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&o.port, "port", defaultPort, "where to listen; 0 is any free port (default the first that is free from 7373 on) [RECLOSER_PORT]")
	flags.StringVar(&o.store, "store", "", "what the environments share, such as dynamodb://recloser or valkey://127.0.0.1:6379 (default a store in memory)")
	flags.IntVar(&o.environments, "environments", defaultEnvironments, "how many environments make calls [RECLOSER_ENVIRONMENTS]")
	flags.Float64Var(&o.rate, "rate", defaultRate, "how many calls a second they make in all [RECLOSER_RATE]")
	flags.Var((*span)(&o.duration), "duration", "end after this long; 0s does not (with --script: give up after it)")
	flags.BoolVar(&o.sample, "sample", false, "let all circuits call the sample upstream, whatever recloser.yaml says")
	flags.BoolVar(&o.script, "script", false, "play an outage by itself, and exit with 99 unless the circuit opened, probed, ramped up and closed")
	flags.BoolVar(&o.plain, "plain", false, "write events, one a line, also in a terminal")
	o.lambda.addFlags(flags)
	completeStores(cmd)
	a.addOutputFlag(cmd)
	return cmd
}

func (o devOptions) check(command string) error {
	switch {
	case o.lambda.on && o.environments > mostProcesses:
		return usage("%s: --environments must be from 0 to %d with --lambda, not %d: each is a process", command, mostProcesses, o.environments)
	case o.port < 0 || o.port > 65535:
		return usage("%s: --port must be from 0 to 65535, not %d", command, o.port)
	case o.environments < 0 || o.environments > mostEnvironments:
		return usage("%s: --environments must be from 0 to %d, not %d", command, mostEnvironments, o.environments)
	case !(o.rate >= 0 && o.rate <= mostRate):
		return usage("%s: --rate must be from 0 to %d calls a second, not %g", command, mostRate, o.rate)
	case o.duration < 0 || o.duration > longestRun:
		return usage("%s: --duration must be from 0s to %gh, not %v", command, longestRun.Hours(), o.duration)
	case o.script && o.lambda.program != "":
		return usage("%s: --script breaks the sample upstream, which a function of your own may not call; leave --function out", command)
	case o.script && (o.rate == 0 || o.environments == 0):
		return usage("%s: --script needs calls; leave --rate and --environments above 0", command)
	}
	return o.lambda.check(command)
}

func (a *app) runDev(ctx context.Context, o devOptions) (err error) {
	circuits, notes, err := a.devCircuits(o.store == "")
	if err != nil {
		return err
	}
	if o.sample {
		for i := range circuits {
			circuits[i].Upstream = nil
		}
	}
	options := dev.Options{Circuits: circuits, Environments: o.environments, Rate: o.rate, Port: o.port, NextPort: !o.chosenPort}
	store, more, err := a.shareDevStore(ctx, o, &options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store()) }()
	notes = append(notes, more...)
	if options.Lambda, err = o.lambda.function(options.Lambda); err != nil {
		return err
	}
	server, err := dev.New(options)
	if err != nil {
		return err
	}
	for _, note := range notes {
		a.say("%s", note)
	}
	if port := portOf(server.Address()); !o.chosenPort && port != o.port {
		a.say("port           %d is in use; this one listens at %d", o.port, port)
	}
	a.announce(server, o)
	defer a.leaveWord(server)()

	running, stop := context.WithCancel(ctx)
	defer stop()
	if o.duration > 0 && !o.script {
		running, stop = context.WithTimeout(ctx, o.duration)
		defer stop()
	}
	ended := make(chan error, 1)
	go func() {
		ended <- server.Run(running)
		stop()
	}()
	err = a.attend(running, server, circuits, o)
	stop()
	err = errors.Join(err, <-ended)
	if err == nil && ctx.Err() != nil {
		return &codedError{exitInterrupted, ctx.Err()}
	}
	return err
}

// portOf returns the port of an address of a server.
func portOf(address string) int {
	_, text, _ := net.SplitHostPort(address)
	port, _ := strconv.Atoi(text)
	return port
}

// attend shows what happens until running ends or the user has enough.
func (a *app) attend(running context.Context, server *dev.Server, circuits []dev.Circuit, o devOptions) error {
	switch {
	case o.script:
		return a.runScript(running, server, circuits, o)
	case !o.plain && a.output == outputTable && a.terminal(a.out) && a.terminal(a.in):
		return a.runLive(running, server)
	}
	return a.stream(running, server.Journal().After)
}

// runLive shows the live view.
func (a *app) runLive(running context.Context, server *dev.Server) error {
	model := live.New(server, actor())
	program := tea.NewProgram(model, tea.WithContext(running), tea.WithInput(a.in), tea.WithOutput(a.out), tea.WithoutSignalHandler())
	_, err := program.Run()
	if model.Interrupted() {
		return &codedError{exitInterrupted, context.Canceled}
	}
	if err != nil && running.Err() == nil {
		return fmt.Errorf("draw the live view: %w; try --plain", err)
	}
	return nil
}

// announce says what runs and what to do with it.
func (a *app) announce(server *dev.Server, o devOptions) {
	samples := server.SampleCircuits()
	a.say("proxy and API  http://%s/proxy/<circuit>/…", server.Address())
	if len(samples) > 0 {
		a.say("its upstream   http://%s", server.UpstreamAddress())
		a.say("break that     curl --json '{\"errors\":\"100%%\"}' http://%s/faults", server.UpstreamAddress())
	}
	switch {
	case len(samples) == 0:
		a.say("fleet          idle: every circuit has an upstream of its own, which only you call; --sample plays instead")
	case o.rate == 0 || o.environments == 0:
		a.say("fleet          idle")
	case o.lambda.on:
		a.say("fleet          a Lambda function in up to %d environments, %g calls/s", o.environments, o.rate)
	default:
		a.say("fleet          %d environments, %g calls/s", o.environments, o.rate)
	}
}

// leaveWord tells other terminals where the server is, and returns what takes
// that back.
func (a *app) leaveWord(server *dev.Server) (takeBack func()) {
	dir, err := admin.StateDirectory()
	if err == nil {
		var remove func() error
		if remove, err = server.Whereabouts().Save(dir); err == nil {
			return func() {
				if err := remove(); err != nil {
					a.say("recloser: %v", err)
				}
			}
		}
	}
	a.say("recloser: other terminals will not find this server: %v", err)
	return func() {}
}

// runScript plays an outage, and fails unless all went as it should.
func (a *app) runScript(running context.Context, server *dev.Server, circuits []dev.Circuit, o devOptions) error {
	samples := server.SampleCircuits()
	if len(samples) == 0 {
		return errors.New("every circuit has an upstream of its own, which a script must not break; add --sample")
	}
	name := samples[0]
	limit := o.duration
	for _, c := range circuits {
		if c.Name == name && limit == 0 {
			limit = max(scriptTime, dev.ScriptTime(c.Policy))
		}
	}
	ctx, cancel := context.WithTimeout(running, limit)
	defer cancel()
	a.say("script         the upstream of %s fails and heals; this takes up to %v", name, limit.Round(time.Second))

	telling, stop := context.WithCancel(running)
	told := make(chan error, 1)
	go func() { told <- a.stream(telling, server.Journal().After) }()
	report := server.Script(ctx, name)
	stop()
	if err := <-told; err != nil {
		return err
	}
	if running.Err() != nil {
		return nil
	}
	if err := a.write(reportOf(report), func(w io.Writer) error { return writeReport(w, report) }); err != nil {
		return err
	}
	if !report.Passed() {
		return withCode(exitAssertion, "the script did not see all it should within %v", limit.Round(time.Second))
	}
	return nil
}
