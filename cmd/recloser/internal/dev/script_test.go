package dev_test

import (
	"context"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
)

func TestOutagePlaysFromHealthyToHealthy(t *testing.T) {
	server := start(t, dev.Options{
		Circuits:     []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}, {Name: "search", Policy: quick(), Statuses: statuses}},
		Environments: 5, Rate: 100,
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	report := server.Script(ctx, "payments")
	if !report.Passed() {
		t.Errorf("the script did not pass: %+v", report)
	}
	found := make(map[string]bool)
	for _, f := range report.Findings {
		found[f.What] = f.OK
	}
	for _, what := range []string{"opened", "probed", "closed", "ramped", "search untouched", "well again"} {
		if !found[what] {
			t.Errorf("%s: not found in %+v", what, report.Findings)
		}
	}
}

func TestScriptFailsWhenNothingOpens(t *testing.T) {
	shadow := quick()
	shadow.OpenWhen.MinCalls = 1_000_000 // It never opens.
	shadow.OpenWhen.Consecutive = 0
	server := start(t, dev.Options{
		Circuits: []dev.Circuit{{Name: "payments", Policy: shadow, Statuses: statuses}}, Environments: 3, Rate: 100,
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if report := server.Script(ctx, "payments"); report.Passed() {
		t.Errorf("a circuit that never opens passed: %+v", report)
	}
}
