package dev

import (
	"context"
	"fmt"
	"time"

	"github.com/recloser-dev/recloser"
)

// How long the phases of a script last, beside what the policy says.
const (
	healthyTime  = 3 * time.Second
	outageMargin = time.Second
	settleTime   = recloser.RefreshInterval + 3*time.Second
	scriptMargin = settleTime
)

// Step is one phase of a script, and what callers saw in it.
type Step struct {
	Name string
	Took time.Duration
	Tally
}

// Finding is one thing that a script asserts.
type Finding struct {
	What string
	OK   bool
	// Why is what was seen.
	Why string
}

// Report is what a script saw.
type Report struct {
	Circuit  string
	Steps    []Step
	Findings []Finding
}

// Passed reports whether everything was as it should be.
func (r Report) Passed() bool {
	for _, f := range r.Findings {
		if !f.OK {
			return false
		}
	}
	return len(r.Findings) > 0
}

// ScriptTime returns how long a script of a circuit takes at most, if all goes
// well: the policy decides.
func ScriptTime(p recloser.Policy) time.Duration {
	cooldown := func(relapses float64) time.Duration {
		grown := float64(p.OpenFor.Cooldown) * relapses * (1 + float64(p.OpenFor.Jitter))
		return min(time.Duration(grown), p.OpenFor.MaxCooldown)
	}
	return healthyTime + recloser.RefreshInterval + cooldown(1) + outageMargin + cooldown(p.OpenFor.Backoff) + p.Ramp.Over + scriptMargin
}

// Script lets the sample upstream of a circuit fail and heal, and reports
// whether the circuit opened, probed, ramped up and closed. It needs [Server.Run]
// beside it, and ends with ctx at the latest.
func (s *Server) Script(ctx context.Context, name string) Report {
	c := s.circuits[name]
	run := &script{server: s, circuit: c, report: Report{Circuit: name}}
	policy := c.Policy

	run.phase(ctx, "healthy", func(ctx context.Context) { rest(ctx, healthyTime) })
	run.phase(ctx, "fault", func(ctx context.Context) {
		run.fault(Fault{Errors: 1})
		if run.await(ctx, recloser.EventOpened) {
			open := time.Duration(float64(policy.OpenFor.Cooldown) * (1 + float64(policy.OpenFor.Jitter)))
			rest(ctx, min(open, policy.OpenFor.MaxCooldown)+outageMargin)
		}
	})
	run.phase(ctx, "heal", func(ctx context.Context) {
		run.fault(Fault{})
		run.await(ctx, recloser.EventClosed)
	})
	if policy.Ramp.Over > 0 {
		run.phase(ctx, "ramp", func(ctx context.Context) { run.await(ctx, KindRampedUp) })
	}
	run.settle(ctx)
	run.judge()
	return run.report
}

// settle waits for a second that is well: an environment that opened for itself,
// or has not called for a while, follows a little later.
func (r *script) settle(ctx context.Context) {
	end := time.Now().Add(settleTime)
	steps := r.report.Steps
	for {
		r.report.Steps = steps
		r.phase(ctx, "well", func(ctx context.Context) { rest(ctx, time.Second) })
		if r.last().well() || ctx.Err() != nil || time.Now().After(end) {
			return
		}
	}
}

func (r *script) last() Step { return r.report.Steps[len(r.report.Steps)-1] }

// well reports whether nothing was turned away and hardly anything failed.
func (s Step) well() bool { return s.Admitted > 0 && s.Rejected == 0 && s.Failed*20 <= s.Admitted }

type script struct {
	server  *Server
	circuit *circuit
	report  Report
}

func (r *script) phase(ctx context.Context, name string, do func(context.Context)) {
	began, before := time.Now(), r.circuit.meter.Total()
	do(ctx)
	after := r.circuit.meter.Total()
	r.report.Steps = append(r.report.Steps, Step{
		Name: name,
		Took: time.Since(began),
		Tally: Tally{
			Admitted: after.Admitted - before.Admitted,
			Rejected: after.Rejected - before.Rejected,
			Failed:   after.Failed - before.Failed,
		},
	})
}

func (r *script) fault(f Fault) {
	// It fails only for a circuit without a sample upstream.
	_ = r.server.upstream.SetFault(r.circuit.Name, f)
}

// await waits for an event of a kind, and reports whether it came before ctx
// ended. Events of before count: the wait is for what must have happened once.
func (r *script) await(ctx context.Context, kind recloser.EventKind) bool {
	after := uint64(0)
	for ctx.Err() == nil {
		events := r.server.journal.After(ctx, after, mostEvents, time.Second)
		for _, e := range events {
			after = e.Sequence
			if e.Circuit == r.circuit.Name && e.Kind == string(kind) {
				return true
			}
		}
	}
	return false
}

// rest waits for d, or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// judge holds what happened against what should have.
func (r *script) judge() {
	seen := make(map[string]int)
	others := make(map[string]bool)
	cause := make(map[string]string)
	settled := 0
	for _, e := range r.server.journal.After(context.Background(), 0, mostEvents, 0) {
		if e.Circuit != r.circuit.Name {
			others[e.Circuit] = others[e.Circuit] || e.Kind == string(recloser.EventOpened)
			continue
		}
		seen[e.Kind]++
		cause[e.Kind] = e.Text
		if e.Kind == string(recloser.EventProbeSettled) && e.Text == recloser.OutcomeSuccess.String() {
			settled++
		}
	}
	policy := r.circuit.Policy
	r.finds("opened", seen[string(recloser.EventOpened)] > 0, times(seen[string(recloser.EventOpened)]))
	r.finds("probed", settled >= policy.HalfOpen.Successes && seen[string(recloser.EventHalfOpened)] > 0,
		fmt.Sprintf("%d probes, %d succeeded, %d needed", seen[string(recloser.EventProbeClaimed)], settled, policy.HalfOpen.Successes))
	r.finds("closed", seen[string(recloser.EventClosed)] > 0, cause[string(recloser.EventClosed)])
	if policy.Ramp.Over > 0 {
		r.rampFinding(seen[KindRampedUp])
	}
	for _, name := range r.server.names {
		if name != r.circuit.Name && r.server.circuits[name].sample {
			r.finds(name+" untouched", !others[name], "another circuit, another upstream")
		}
	}
	last := r.last()
	r.finds("well again", last.well(),
		fmt.Sprintf("%d calls in the last second, %d rejected, %d failed", last.Admitted+last.Rejected, last.Rejected, last.Failed))
}

// rampFinding is about the ramp, as callers felt it: some calls were let
// through, and some turned away.
func (r *script) rampFinding(ended int) {
	for _, step := range r.report.Steps {
		if step.Name == "ramp" {
			r.finds("ramped", ended > 0 && step.Admitted > 0 && step.Rejected > 0,
				fmt.Sprintf("%d of %d calls admitted on the way to 100%%", step.Admitted, step.Admitted+step.Rejected))
		}
	}
}

func (r *script) finds(what string, ok bool, why string) {
	r.report.Findings = append(r.report.Findings, Finding{what, ok, why})
}

func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// SampleCircuits returns the names of the circuits that call the sample
// upstream, in order.
func (s *Server) SampleCircuits() []string {
	var names []string
	for _, name := range s.names {
		if s.circuits[name].sample {
			names = append(names, name)
		}
	}
	return names
}
