package model_test

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/recloser-dev/recloser"
)

var outcomes = map[string]recloser.Outcome{
	"success": recloser.OutcomeSuccess, "failure": recloser.OutcomeFailure, "ignored": recloser.OutcomeIgnored,
}

// replay takes the steps of the model until the core departs from them or breaks a
// law; it returns how many it took.
func (f *fleet) replay(steps []event) (int, error) {
	for i, e := range steps[1:] {
		if err := f.step(e); err != nil {
			return i + 1, err
		}
		if f.breach != nil {
			return i + 1, f.breach
		}
	}
	return len(steps), nil
}

func (f *fleet) step(e event) error {
	switch e.name {
	case "tick":
		f.now = f.now.Add(tick)
		f.held()
		return nil
	case "swap":
		a, b := e.number[0], e.number[1]
		f.places[a], f.places[b] = f.places[b], f.places[a]
		return nil
	case "record":
		return f.compare(e)
	case "lands":
		w := f.late
		f.late = nil
		return f.writes(e, w, e.number[1] == 1)
	case "broken":
		return nil
	}
	at := e.number[0]
	p := f.places[at]
	switch e.name {
	case "looks":
		return f.looks(e, at)
	case "moves":
		return f.moves(e, p)
	case "claims":
		return f.claims(e, p)
	case "reads":
		return f.reads(e, p)
	case "checks", "gives_up":
		p.checked = f.now
		p.outcome = recloser.OutcomeIgnored // Until there was a call.
		return f.attempt(e, p, e.name == "checks")
	case "calls":
		f.calls(p)
		return nil
	case "ends":
		if p.calls = false; !p.paused {
			f.flying--
		}
		p.outcome = outcomes[e.words[1]]
		return nil
	case "settles":
		w := recloser.Settle{Generation: p.generation, Slot: p.slot, Token: p.claim.Lease.Token, Outcome: outcomes[e.words[1]]}
		if w.Outcome != p.outcome {
			return departure{e, fmt.Sprintf("it came to %v", p.outcome)}
		}
		return f.exchange(e, w, e.words[2], e.number[3])
	case "dies":
		return nil
	}
	return departure{e, "nobody knows such a step"}
}

func (f *fleet) looks(e event, at int) error {
	f.names++
	p := &prober{env: f.places[at].env, name: f.names, looked: f.now}
	f.places[at] = p
	p.view = f.sees(f.record, p.env)
	if told := f.told(p.env); told != 2+min(e.number[2], 1) {
		return departure{e, fmt.Sprintf("it is told %d", told)}
	}
	p.slot = e.number[2]
	return nil
}

func (f *fleet) moves(e event, p *prober) error {
	v := f.sees(f.record, p.env)
	due, is := f.policy.Due(v, 0)
	if f.record.State == recloser.StateClosed {
		due, is = f.policy.Trip(v, recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 10, Failures: 10}, 0, 0), true
	}
	if to := map[recloser.State]string{recloser.StateOpen: "opens", recloser.StateClosed: "closes"}[due.To]; !is || to != e.words[1] {
		return departure{e, fmt.Sprintf("%+v is due: %t", due, is)}
	}
	return f.exchange(e, due, e.words[2], e.number[3])
}

func (f *fleet) claims(e event, p *prober) error {
	token := "token-" + strconv.Itoa(p.name)
	if f.broken.owner {
		token = "environment-" + strconv.Itoa(p.env)
	}
	f.tokens[e.number[3]] = token
	p.claim = f.policy.Claim(p.view, p.slot, token)
	if p.claim.First != (e.words[1] == "first") {
		return departure{e, "it makes another claim"}
	}
	p.before, p.claimed, p.answer = f.record, f.now, e.words[4]
	if err := f.exchange(e, p.claim, p.answer, e.number[5]); err != nil {
		return err
	}
	p.generation, p.shown = f.record.Generation, p.answer == "made"
	if p.answer == "conflict" {
		return f.attempt(e, p, false)
	}
	return nil
}

func (f *fleet) reads(e event, p *prober) error {
	p.answer = e.words[1]
	if p.readAt = f.now; p.answer != "unknown" {
		r := f.record
		p.read = &r
	}
	shown := f.record.Probes[p.slot].Token == p.claim.Lease.Token
	if p.answer != "unknown" && shown != (p.answer == "made") {
		return departure{e, fmt.Sprintf("the read shows the token: %t", shown)}
	}
	p.generation, p.shown = f.record.Generation, p.answer == "made"
	if p.answer != "made" {
		return f.attempt(e, p, false)
	}
	return nil
}

func (f *fleet) calls(p *prober) {
	p.calls = true
	pause := max(f.sound.HalfOpen.Margin-skew, tick)
	if p.paused = f.now.Sub(p.checked) >= pause; !p.paused {
		f.flying++
	}
	if !p.shown {
		f.breaks("S3", "a call is made by a token that no answer has shown")
	}
	if k := f.policy.HalfOpen.Probes; f.flying > k {
		f.breaks("S1", "%d calls are in flight, and %d may be", f.flying, k)
	}
}

// compare holds the record, and what every environment is told of it, against the
// model's.
func (f *fleet) compare(e event) error {
	last := f.policy.HalfOpen.Probes - 1
	r := f.record
	open := 0
	if r.State == recloser.StateOpen {
		open = ticks(r.OpenUntil.Sub(f.now))
	}
	got, want := []int{open, min(r.ProbeOK, 1), min(r.ProbeFailed, 1)}, slices.Clone(e.number[1:])
	for i, slot := range []int{0, last} {
		lease := r.Probes[slot]
		number := e.number[4+2*i]
		if f.loose && (lease.Token == "") != (number == 0) || !f.loose && f.tokens[number] != lease.Token {
			number = -1
		}
		left := 0
		if lease.Token != "" {
			left = ticks(lease.End.Add(f.sound.HalfOpen.Margin).Sub(f.now))
		}
		got = append(got, number, left)
	}
	for _, env := range []int{0, 1, len(f.clocks) - 1} {
		got = append(got, f.told(env))
	}
	if f.loose {
		for _, lasts := range []int{0, 4, 6} {
			got[lasts], want[lasts] = 0, 0
		}
	}
	if r.State.String() != e.words[0] || !slices.Equal(got, want) {
		return departure{e, fmt.Sprintf("the core has %v %v", r.State, got)}
	}
	return nil
}

func ticks(d time.Duration) int { return max(int(d/tick), 0) }
