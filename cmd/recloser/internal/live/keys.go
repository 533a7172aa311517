package live

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
)

// What a key does to the sample upstream, and for how long to a circuit.
const (
	keyRetryAfter = 5 * time.Second
	keyOverride   = time.Minute
)

// press does what a key means.
func (m *Model) press(key string) tea.Cmd {
	switch key {
	case "ctrl+c":
		m.interrupted = true
		return tea.Quit
	case "q":
		return tea.Quit
	case "?":
		m.help = !m.help
		return nil
	case "esc":
		m.help = false
		return nil
	}
	c, ok := m.circuit()
	if !ok {
		return nil
	}
	switch key {
	case "up", "k":
		m.move(-1)
	case "down", "j":
		m.move(1)
	case "tab":
		m.move(1)
	case "e", "d", "h", "r", "x":
		m.touched = true
		m.switchFault(c, key)
	case "o", "c", "z":
		m.touched = true
		return m.operate(c.Name, key)
	}
	m.look()
	return nil
}

func (m *Model) move(by int) {
	circuits := m.snapshot.Circuits
	for i, c := range circuits {
		if c.Name == m.selected {
			m.selected = circuits[(i+by+len(circuits))%len(circuits)].Name
			return
		}
	}
}

// switchFault turns one fault on or off.
func (m *Model) switchFault(c dev.CircuitSnapshot, key string) {
	if !c.Sample {
		m.say(m.snapshot.At, c.Name+" calls "+c.Upstream+", whose faults are not ours; start with --sample to play")
		return
	}
	f := c.Fault
	switch key {
	case "e":
		f.Errors = toggle(f.Errors, 1)
	case "d":
		f.Delay = toggle(f.Delay, c.SlowDelay)
	case "h":
		f.Hang = !f.Hang
	case "r":
		f.RetryAfter = toggle(f.RetryAfter, keyRetryAfter)
	case "x":
		f = dev.Fault{}
	}
	if err := m.source.SetFault(c.Name, f); err != nil {
		m.say(m.snapshot.At, err.Error())
		return
	}
	m.say(m.snapshot.At, "the upstream of "+c.Name+" is now: "+f.String())
}

func toggle[T comparable](value, on T) T {
	var off T
	if value == off {
		return on
	}
	return off
}

// answer is what became of an operator's word.
type answer string

// operate does what an operator would from another terminal. The store may take
// its time, so the view does not wait for it.
func (m *Model) operate(circuit, key string) tea.Cmd {
	now, source, actor := m.snapshot.At, m.source, m.actor
	return func() tea.Msg {
		ctx := context.Background()
		mode := recloser.OverrideOpen
		switch key {
		case "z":
			if _, err := source.Reset(ctx, circuit, actor, "live view"); err != nil {
				return answer(storage.Explain(err))
			}
			return answer(circuit + " is reset: closed, and nothing forced")
		case "c":
			mode = recloser.OverrideClosed
		}
		_, err := source.Override(ctx, circuit, recloser.Override{
			Mode: mode, Until: recloser.InstantOf(now.Add(keyOverride)), Actor: actor, Reason: "live view",
		})
		if err != nil {
			return answer(storage.Explain(err))
		}
		return answer(circuit + " is forced " + string(mode) + " for " + keyOverride.String() + " (environments follow within " +
			recloser.RefreshInterval.String() + "); z takes it back")
	}
}
