package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/internal/evidence"
)

// TestHostileFiles bounds the time of files of the largest size that are made to
// take long: nested, flat, or multiplied by aliases.
func TestHostileFiles(t *testing.T) {
	const limit = 2 * time.Minute // Of a slow machine with the race detector; without, none takes more than two.
	most := config.MaxSize
	if evidence.Race {
		most /= 8
	}
	for name, text := range hostileFiles() {
		t.Run(name, func(t *testing.T) {
			if len(text) > most && name != "largest" {
				text = text[:most]
			}
			began := time.Now()
			_, err := config.Parse("fuzz.yaml", []byte(text))
			if took := time.Since(began); took > limit {
				t.Errorf("took %v", took)
			} else {
				t.Logf("%d bytes took %v", len(text), took)
			}
			if err != nil {
				checkErrors(t, err)
			} else if name != "largest" {
				t.Error("accepted")
			}
		})
	}
}

// hostileFiles returns files by what makes them so; they are cut at the largest
// size.
func hostileFiles() map[string]string {
	fill := func(unit string) string { return strings.Repeat(unit, config.MaxSize/len(unit)) }
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < config.MaxSize-100; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	indented := func() string {
		var b strings.Builder
		for i := 0; b.Len() < config.MaxSize-4000; i++ {
			b.WriteString(strings.Repeat(" ", i) + "a:\n")
		}
		return b.String()
	}
	aliases := "a0: &a0 [x, x]\n"
	for i := range 60 {
		aliases += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	return map[string]string{
		"aliases":            aliases,
		"anchors":            fill("&a "),
		"brackets":           fill("["),
		"braces":             fill("{a: "),
		"dashes":             fill("- "),
		"questions":          fill("? "),
		"tags":               fill("! "),
		"colons":             fill("a: "),
		"indented":           indented(),
		"flat":               numbered("a%d: 1\n"),
		"flat nulls":         numbered("a%d:\n"),
		"flow":               "{" + numbered("a%d: 1,"),
		"flow nulls":         "{" + numbered("a%d: ,"),
		"flow keys":          "{" + numbered("a%d,"),
		"flow list":          "[" + fill("1,"),
		"list":               fill("- 1\n"),
		"nested lists":       fill("- - - - - - - -\n"),
		"groups":             numbered("g%d: {a: 1, b: 2, c: 3, d: 4, e: , f: }\n"),
		"groups of nulls":    "circuits:\n" + strings.Repeat(" c:\n"+strings.Repeat("  a:\n", 2000), 30),
		"groups of flows":    "circuits:\n" + strings.Repeat(" c: {"+strings.Repeat("a:,", 2000)+"}\n", 15),
		"groups of lists":    "circuits:\n" + strings.Repeat(" c:\n"+strings.Repeat("  -\n", 2000), 30),
		"nested groups":      "circuits:\n" + strings.Repeat(" c:\n"+strings.Repeat("  a: [[[[[[{b: {c:}}]]]]]]\n", 900), 6),
		"documents":          fill("---\n"),
		"comments":           fill("#\n"),
		"quoted":             `"` + fill(`\n`),
		"never closed":       "'" + fill("''"),
		"folded":             "a: >\n" + fill("  a\n"),
		"plain":              "a: b\n" + fill("  a\n"),
		"control characters": fill("\x00"),
		"not UTF-8":          fill("\xff"),
		"tabs":               fill("\t"),
		"long key":           fill("a") + ": 1",
		"unknown keys":       "version: 1\nstore: { memory: {} }\ncircuits:\n" + numbered(" c%d: {windw: 1}\n"),
		"largest":            largest(),
	}
}

// largest returns a file of as many circuits as there may be, with most of what
// each may say.
func largest() string {
	var b strings.Builder
	b.WriteString("version: 1\nstore: { memory: {} }\ncircuits:\n")
	for i := range config.MaxCircuits {
		fmt.Fprintf(&b, `  circuit-%d:
    open_when: { failure_rate: 60%%, slow_rate: 90%%, slow_after: 1s, window: 20s, min_calls: 20, confidence: 99%%, consecutive: 10 }
    open_for:
      cooldown: 12s
      backoff: 1.5
      max_cooldown: 10m
      jitter: 10%%
    half_open: { probes: 2, successes: 5, failures: 2, lease: 7s, margin: 2s }
    ramp: { from: 5%%, over: 1m }
    call: { timeout: 2500ms, reserve: 500ms, concurrency: 50 }
    failures: { http: [5xx, 429, 408], errors: [States.Timeout, Other], ignore: [ValidationError] }
    when_store_fails: allow
    enforce: 50%%
    partition_by: "header:X-Tenant"
    upstream: https://payments.example/v1
    on_failure: { park: parked, alert: alerts, redrive: { max_attempts: 3, max_age: 72h } }
`, i)
	}
	return b.String()
}

func TestLargestFile(t *testing.T) {
	text := largest()
	if len(text) > config.MaxSize {
		t.Fatalf("has %d bytes", len(text))
	}
	f := parse(t, text)
	if len(f.Circuits) != config.MaxCircuits {
		t.Errorf("has %d circuits", len(f.Circuits))
	}
	_, err := config.Parse("fuzz.yaml", []byte(strings.Replace(text, "circuit-7:", "circuit-8:", 1)))
	if all, ok := errors.AsType[config.Errors](err); !ok || len(all) != 1 || !strings.Contains(err.Error(), "written twice") {
		t.Errorf("got %v", err)
	}
}
