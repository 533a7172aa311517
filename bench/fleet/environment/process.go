package environment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

// Process is a process that holds environments of a fleet.
type Process struct {
	cmd       *exec.Cmd
	stdin     io.Closer
	orders    *json.Encoder
	messages  chan message
	complaint strings.Builder
	told      func(phase.Event)
}

// Run runs a program that calls [Serve], and waits until its environments have
// joined their circuit. told is told of what happens to the circuit. The process
// ends with Close, or with ctx.
func Run(ctx context.Context, program string, args []string, j Join, told func(phase.Event)) (*Process, error) {
	p := &Process{cmd: exec.CommandContext(ctx, program, args...), messages: make(chan message, 1), told: told}
	p.cmd.Stderr = &p.complaint
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("run environments: %w", err)
	}
	p.stdin, p.orders = stdin, json.NewEncoder(stdin)
	go p.listen(json.NewDecoder(stdout))
	if err := p.join(ctx, j); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Process) join(ctx context.Context, j Join) error {
	if err := p.orders.Encode(j); err != nil {
		return fmt.Errorf("tell environments their circuit: %w", err)
	}
	m, err := p.answer(ctx)
	if err == nil && !m.Joined {
		err = fmt.Errorf("environments said %+v, and not that they have joined", m)
	}
	return err
}

// listen passes on what the process says, until it says no more.
func (p *Process) listen(in *json.Decoder) {
	defer close(p.messages)
	for {
		var m message
		if err := in.Decode(&m); err != nil {
			return
		}
		if m.Event != "" {
			p.told(m.Event)
			continue
		}
		p.messages <- m
	}
}

// answer returns the next thing the process says that is no event.
func (p *Process) answer(ctx context.Context) (message, error) {
	select {
	case m, ok := <-p.messages:
		switch {
		case !ok:
			return message{}, fmt.Errorf("listen to environments: %w", io.ErrUnexpectedEOF)
		case m.Error != "":
			return message{}, fmt.Errorf("environments: %s", m.Error)
		}
		return m, nil
	case <-ctx.Done():
		return message{}, ctx.Err()
	}
}

// Begin has all environments of the process begin a phase.
func (p *Process) Begin(s Start) error {
	if err := p.orders.Encode(order{Begin: &s}); err != nil {
		return fmt.Errorf("begin a phase: %w", err)
	}
	return nil
}

// End has them end it, and returns what they did.
func (p *Process) End(ctx context.Context) (tally.Tally, error) {
	if err := p.orders.Encode(order{}); err != nil {
		return tally.Tally{}, fmt.Errorf("end a phase: %w", err)
	}
	m, err := p.answer(ctx)
	switch {
	case err != nil:
		return tally.Tally{}, err
	case m.Done == nil:
		return tally.Tally{}, fmt.Errorf("environments said %+v, and not what they have done", m)
	}
	return *m.Done, nil
}

// Close ends the process, and waits until it has ended.
func (p *Process) Close() error {
	_ = p.stdin.Close()    // It tells the process to end; how it ended is told below.
	for range p.messages { // What it still says is of no use.
	}
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("environments: %w: %.500s", err, p.complaint.String())
	}
	return nil
}
