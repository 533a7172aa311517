package item_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/item"
)

// watched returns the item of a circuit in an outage: slots of a window in which
// calls fail, and are slow if slow, as the budget of 25 reports a second counts
// them.
func watched(slots int, slow bool) item.Map {
	window := make(item.Map)
	for i := range slots {
		at := fmt.Sprint(17_672_256_000 + 10*i)
		window["c"+at], window["f"+at], window["r"+at] = item.Number("1234"), item.Number("1234"), item.Number("25")
		if slow {
			window["s"+at] = item.Number("1234")
		}
	}
	m := common()
	m["state"] = item.String("closed")
	m["watch_since_ms"] = item.Number("1767225600500")
	m["voices"] = item.Set{"8chars.1", "8chars.2", "8chars.3"}
	m["window"] = window
	return m
}

// probing returns the item of a half-open circuit.
func probing(probes int) item.Map {
	m := common()
	m["state"] = item.String("half_open")
	for i := range probes {
		// As long as those that crypto/rand.Text makes.
		m[fmt.Sprintf("p%d", i)] = item.Map{"token": item.String(strings.Repeat("T", 26)), "end_ms": item.Number("1767225616000")}
	}
	m["probe_ok"], m["probe_failed"] = item.Number("12"), item.Number("1")
	return m
}

func common() item.Map {
	return item.Map{
		"pk": item.String("payments/tenant-of-24-by"), "sk": item.String("record"), "schema": item.Number("1"), "generation": item.Number("1234567"),
		"since_ms": item.Number("1767225600000"), "relapses": item.Number("12"), "share": item.Number("0.0123456789012345"), "ttl": item.Number("1775001600"),
		"cause": item.Map{
			"rule": item.String("failure_rate"), "calls": item.Number("12345"), "failures": item.Number("12345"),
			"slow": item.Number("12345"), "span_ms": item.Number("10000"),
		},
	}
}

func forced(m item.Map) item.Map {
	m["override"] = item.Map{
		"mode": item.String("closed"), "until_ms": item.Number("1767229200000"),
		"actor": item.String(strings.Repeat("a", 24)), "reason": item.String(strings.Repeat("r", 60)),
	}
	return m
}

// reset returns m as of a circuit that an operator has reset.
func reset(m item.Map, actor, reason int) item.Map {
	m["cause"] = item.Map{
		"rule": item.String("reset"), "actor": item.String(strings.Repeat("a", actor)), "reason": item.String(strings.Repeat("r", reason)),
	}
	return m
}

// largest returns the largest item that is written.
func largest() item.Map {
	m := forced(watched(recloser.MaxSlots, true))
	for name := range m["window"].(item.Map) {
		m["window"].(item.Map)[name] = item.Number("1125899906842624") // 2^50
	}
	m["pk"] = item.String(strings.Repeat("k", 2*recloser.MaxName+1))
	m["generation"], m["relapses"] = item.Number("18446744073709551615"), item.Number("1000")
	m["cause"] = item.Map{
		"rule": item.String("failure_rate"), "calls": item.Number("1125899906842624"), "failures": item.Number("1125899906842624"),
		"slow": item.Number("1125899906842624"), "span_ms": item.Number("3600000"),
		"actor": item.String(strings.Repeat("a", recloser.MaxActor)), "reason": item.String(strings.Repeat("r", recloser.MaxReason)),
	}
	m["override"].(item.Map)["actor"] = item.String(strings.Repeat("a", recloser.MaxActor))
	m["override"].(item.Map)["reason"] = item.String(strings.Repeat("r", recloser.MaxReason))
	return m
}

// TestSize: a write of at most 1 KB costs one unit.
func TestSize(t *testing.T) {
	const kilobyte = 1024
	for _, row := range []struct {
		name string
		item item.Map
		most int
	}{
		{"healthy", common(), 256},
		{"half-open, 1 probe", probing(1), 512},
		{"half-open, 8 probes", probing(recloser.MaxProbes), kilobyte},
		{"half-open, 8 probes, override", forced(probing(recloser.MaxProbes)), kilobyte},
		{"watched, 10 slots, failing", watched(recloser.WindowSlots, false), kilobyte},
		{"watched, 10 slots, failing and slow", watched(recloser.WindowSlots, true), kilobyte},
		{"watched, 10 slots, failing and slow, reset", reset(watched(recloser.WindowSlots, true), 24, 60), kilobyte},
		{"watched, 10 slots, failing and slow, reset at length", reset(watched(recloser.WindowSlots, true), recloser.MaxActor, recloser.MaxReason), 2 * kilobyte},
		{"watched, 10 slots, failing, override", forced(watched(recloser.WindowSlots, false)), kilobyte},
		{"watched, 10 slots, failing and slow, override", forced(watched(recloser.WindowSlots, true)), kilobyte},
		{"watched, 12 slots, failing and slow", watched(recloser.WindowSlots+2, true), kilobyte},
		{"watched, 12 slots, failing, reset", reset(watched(recloser.WindowSlots+2, false), 24, 60), kilobyte},
		{"watched, 12 slots, failing and slow, override", forced(watched(recloser.WindowSlots+2, true)), 2 * kilobyte},
		{"watched, 16 slots, failing and slow, override", forced(watched(recloser.MaxSlots, true)), 2 * kilobyte},
		{"the largest", largest(), 3 * kilobyte},
	} {
		if _, err := item.Decode("payments", row.item); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		n := size(row.item)
		t.Logf("%-48s %5d bytes", row.name, n)
		if n > row.most {
			t.Errorf("%s has %d bytes, and may have %d", row.name, n, row.most)
		}
	}
}
