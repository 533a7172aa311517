package explorer

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"github.com/recloser-dev/recloser"
)

// print is a fingerprint of a process: two processes with the same do the same from
// now on, if the same befalls them. It leaves out when they began, and what has no
// consequence any more; what is in it is seen from now.
type printer struct {
	scale   scale
	process *process
	in      Inside
	out     []byte
	refresh int
}

func (p *printer) flag(flags ...bool) {
	var b byte
	for i, f := range flags {
		if f {
			b |= 1 << i
		}
	}
	p.out = append(p.out, b)
}

func (p *printer) small(n int) { p.out = append(p.out, byte(int8(n))) }

// age returns how many ticks ago a moment was by the wall clock, which never
// steps here, so that the monotonic one never says more; and no more than most.
func (p *printer) age(m [2]int64, most int) int {
	return min(int((p.process.wall().UnixNano()-m[0])/int64(tick)), most)
}

// monotonicAge returns how many ticks of the monotonic clock ago it was.
func (p *printer) monotonicAge(mono int64, most int) int {
	return min(int((int64(p.process.mono())-mono)/int64(tick)), most)
}

// longest is how long ago anything can have been that a breaker still minds.
func (p *printer) longest() int {
	policy := p.scale.policy
	return ticks(max(policy.Lease()+policy.HalfOpen.Margin, policy.OpenFor.Cooldown, recloser.RefreshInterval)) + 1
}

// print returns the fingerprint, and the callers in the order in which they are in
// it: what only differs in which of them does what is the same.
func (p *printer) print() ([]byte, [callers]uint8, bool) {
	if p.in.Evidence || p.in.Spread != 0 {
		panic("explorer: evidence is not explored")
	}
	p.out = p.out[:0]
	p.environment()
	var threads [callers + 1][]byte
	for i, t := range append(p.process.callers[:], p.process.looker) {
		start := len(p.out)
		p.thread(t)
		threads[i] = bytes.Clone(p.out[start:])
		p.out = p.out[:start]
	}
	order, same := [callers]uint8{0, 1}, false
	switch bytes.Compare(threads[0], threads[1]) {
	case 0:
		same = true
	case 1:
		order = [callers]uint8{1, 0}
	}
	for _, i := range order {
		p.out = append(p.out, threads[i]...)
	}
	return append(p.out, threads[callers]...), order, same
}

// environment prints what is known of the circuit.
func (p *printer) environment() {
	in, policy := &p.in, p.scale.policy
	held := ticks(policy.Lease() + policy.HalfOpen.Margin)
	p.small(p.process.skew)
	p.flag(in.Known, in.Stale, in.Writing, in.Claiming, in.Idle, in.Armed, in.Reading != nil)
	p.small(in.Promise)
	if in.Promise != 0 {
		p.small(int(in.PromisedGeneration))
		p.out = append(p.out, in.PromisedReason...)
	}
	p.small(int(in.Unusual / int64(tick/2)))
	p.small(min(in.Failures, 4)) // Then the back-off is the longest.
	if in.Failures > 0 {
		p.small(p.age(in.OutageBegan, held))
		p.small(p.age(in.OutageLast, ticks(recloser.RefreshInterval)))
	}
	if !in.Known {
		return
	}
	p.small(p.age(in.Read, p.refresh))
	p.small(p.age(in.Heard, 1))
	r := p.scale.relate(in.Record, p.process.right())
	p.out = append(p.out, r.generation, byte(r.state), r.ok, r.failed)
	switch r.state {
	case recloser.StateOpen:
		p.until(r.until, in.View.Held, ticks(p.scale.policy.OpenFor.Cooldown))
	case recloser.StateHalfOpen:
		for i := range slots {
			if p.small(int(r.tokens[i])); r.tokens[i] != 0 {
				p.until(r.ends[i], in.View.LeaseHeld[i], held)
			}
		}
	case recloser.StateClosed:
	}
}

// until prints an end, and for how long it has been known: once that is as long as
// anything may last, the end does not matter any more.
func (p *printer) until(end int8, known time.Duration, most int) {
	if ticks(known) >= most {
		p.small(math.MaxInt8)
		return
	}
	p.small(int(end))
	p.small(ticks(known))
}

// tracked is how many ticks a call in flight is watched.
func (p *printer) tracked() int {
	call := p.scale.policy.Call
	return ticks(call.Timeout+call.Reserve+tick-1) + 1
}

func (p *printer) write(w recloser.Write) {
	if w == nil {
		p.small(0)
		return
	}
	rel := p.scale.relateWrite(w, p.process.right())
	p.out = append(p.out, byte(rel.kind), rel.generation, rel.slot, rel.was, rel.token, byte(rel.end),
		byte(rel.outcome), byte(rel.to), byte(rel.until))
}

// thread prints where a thread is, and what it remembers.
func (p *printer) thread(t *thread) {
	p.small(int(t.at))
	if t.at == atRest {
		return
	}
	for _, b := range t.been {
		p.out = binary.LittleEndian.AppendUint32(p.out, b.place)
		p.out = append(p.out, b.answer)
	}
	p.flag(t.shared, t.reads)
	if t.claim.Lease.Token != "" {
		p.small(t.claim.Slot)
		p.small(int(number(t.claim.Lease.Token)))
	}
	switch t.at {
	case atStore:
		p.write(t.write)
		p.small(p.age(t.asked, p.longest()))
		earlier := 0
		for _, other := range append(p.process.callers[:], p.process.looker) {
			if other.at == atStore && other.number < t.number {
				earlier++
			}
		}
		p.small(earlier)
		p.flag(t.number < p.in.Asked)
	case atWait:
		p.flag(t.ready())
	case atPermit, atCall:
		p.permit(t)
	case atRest:
	}
}

func (p *printer) permit(t *thread) {
	in := p.process.window.LookAt(t.permit)
	if in.Sampled {
		panic("explorer: evidence is not explored")
	}
	p.small(in.Cell)
	p.flag(in.Marked)
	p.small(int(in.Generation))
	p.small(p.monotonicAge(in.Start, p.tracked()))
	p.flag(in.Start >= p.in.Held[1])
	for _, other := range append(p.process.callers[:], p.process.looker) {
		if other != t {
			p.flag(other.at == atStore && in.Start >= other.asked[1])
		}
	}
	if in.Token != "" {
		p.small(int(number(in.Token)))
		p.small(in.Slot)
		p.small(p.age(in.Claimed, p.longest()))
	}
	if t.at == atCall {
		p.small(t.left())
	}
}

// left returns how many ticks a call has left.
func (t *thread) left() int {
	left := t.ends - t.process.mono()
	return int((max(left, 0) + tick - 1) / tick)
}
