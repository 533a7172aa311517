package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
)

// keeper is a store that looks at itself, and destroys itself.
type keeper struct {
	recloser.MemoryStore
	problem   error
	destroyed int
}

func (k *keeper) Check(context.Context) error { return k.problem }

func (k *keeper) Destroy(context.Context) error {
	k.destroyed++
	return k.problem
}

// TestDestroy: what a store does itself is asked of it once, and only when the
// user means it.
func TestDestroy(t *testing.T) {
	k := new(keeper)
	opened := &storage.Opened{Store: k, Name: "valkey://host:6379"}
	var messages strings.Builder
	a := newApp(strings.NewReader(opened.Name+"\n"), nil, &messages, func(string) string { return "" })
	if err := a.destroyStore(t.Context(), opened, false); err == nil || k.destroyed != 0 {
		t.Errorf("without a terminal: %v, destroyed %d times", err, k.destroyed)
	}
	if err := a.destroyStore(t.Context(), opened, true); err != nil || k.destroyed != 1 || !strings.Contains(messages.String(), "0 circuits will be lost") {
		t.Errorf("got %v, destroyed %d times: %s", err, k.destroyed, messages.String())
	}
	k.problem = errors.New("no")
	if err := a.destroyStore(t.Context(), opened, true); !errors.Is(err, k.problem) {
		t.Errorf("got %v", err)
	}
}

// TestChecks: all that a store finds wrong with itself is listed, a line each.
func TestChecks(t *testing.T) {
	k := &keeper{problem: errors.Join(errors.New("it may evict circuits"), errors.New("it is full"))}
	var lines []string
	for _, c := range checksOf(t.Context(), &storage.Opened{Store: k}) {
		lines = append(lines, c.What+": "+c.Problem)
	}
	if got := strings.Join(lines, "; "); got != "the server: it may evict circuits; the server: it is full" {
		t.Errorf("got %s", got)
	}
	a := newApp(strings.NewReader(""), nil, new(strings.Builder), func(string) string { return "" })
	if err := a.initStore(t.Context(), &storage.Opened{Store: k}); !errors.Is(err, k.problem) {
		t.Errorf("init says %v", err)
	}
	k.problem = nil
	for _, c := range checksOf(t.Context(), &storage.Opened{Store: k}) {
		if !c.OK {
			t.Errorf("%s: %s", c.What, c.Problem)
		}
	}
}
