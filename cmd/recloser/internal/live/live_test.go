package live_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/live"
)

var rewrite = flag.Bool("rewrite", false, "write the pictures anew")

func TestMain(m *testing.M) {
	flag.Parse()
	time.Local = time.UTC // The pictures hold times of day.
	os.Exit(m.Run())
}

var noon = time.Date(2026, time.November, 25, 12, 0, 30, 0, time.UTC)

// source shows one snapshot, and notes what it is asked to do.
type source struct {
	snapshot dev.Snapshot
	asked    []string
	err      error
}

func (s *source) Snapshot(context.Context) (dev.Snapshot, error) { return s.snapshot, s.err }

func (s *source) SetFault(circuit string, f dev.Fault) error {
	s.asked = append(s.asked, circuit+": "+f.String())
	for i := range s.snapshot.Circuits {
		if s.snapshot.Circuits[i].Name == circuit {
			s.snapshot.Circuits[i].Fault = f
		}
	}
	return s.err
}

func (s *source) Override(_ context.Context, key string, o recloser.Override) (admin.Circuit, error) {
	s.asked = append(s.asked, fmt.Sprintf("%s: forced %s by %s for %v", key, o.Mode, o.Actor, o.Until.Time().Sub(noon)))
	return admin.Circuit{}, s.err
}

func (s *source) Reset(_ context.Context, key, actor, _ string) (admin.Circuit, error) {
	s.asked = append(s.asked, key+": reset by "+actor)
	return admin.Circuit{}, s.err
}

// picture is a fleet in the middle of an outage, with every state there is.
func picture() *source {
	circuit := func(name string, c admin.Circuit, fault dev.Fault, rate, rejected float64) dev.CircuitSnapshot {
		c.Name = name
		c.Calls = &admin.Calls{Rate: rate, AdmittedRate: rate - rejected, RejectedRate: rejected}
		c.Proxy = "http://127.0.0.1:7373/proxy/" + name + "/"
		history := make([]dev.Tally, dev.History-1)
		for i := len(history) - 40; i < len(history); i++ {
			history[i] = dev.Tally{Admitted: 40 + i%7}
			if i > len(history)-20 {
				history[i] = dev.Tally{Admitted: 30, Failed: 30, Rejected: 12}
			}
			if i > len(history)-15 {
				history[i] = dev.Tally{Admitted: 1, Rejected: 44 + i%5}
			}
		}
		return dev.CircuitSnapshot{Circuit: c, Sample: true, Fault: fault, SlowDelay: time.Second, History: history}
	}
	opened := recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 14, Failures: 12, Span: 2 * time.Second}
	s := dev.Snapshot{
		At: noon, Started: noon.Add(-42 * time.Second), Address: "127.0.0.1:7373", UpstreamAddress: "127.0.0.1:7374",
		Environments: 20, Rate: 100,
		Circuits: []dev.CircuitSnapshot{
			circuit("payments", admin.Circuit{
				State: recloser.StateOpen, Since: noon.Add(-1200 * time.Millisecond), OpenUntil: noon.Add(1800 * time.Millisecond), Cause: admin.CauseOf(opened),
			}, dev.Fault{Errors: 1}, 47, 45.5),
			circuit("search", admin.Circuit{State: recloser.StateClosed, AdmittedShare: 1}, dev.Fault{}, 52, 0),
			circuit("stock", admin.Circuit{State: recloser.StateClosed, AdmittedShare: 1, Environments: 21, Isolated: 12}, dev.Fault{}, 5, 4),
			circuit("tax", admin.Circuit{
				State: recloser.StateHalfOpen, Since: noon.Add(-time.Second), Cause: admin.CauseOf(recloser.Cause{Rule: recloser.RuleCooledDown}),
				Probes: admin.Probes{Allowed: 1, Succeeded: 2, Needed: 3},
			}, dev.Fault{}, 10, 9.5),
			circuit("mail", admin.Circuit{
				State: recloser.StateClosed, Since: noon.Add(-2 * time.Second), Ramping: true, AdmittedShare: 0.34,
				Cause: admin.CauseOf(recloser.Cause{Rule: recloser.RuleRecovered, Calls: 3}),
			}, dev.Fault{}, 10, 6),
			circuit("maps", admin.Circuit{
				State: recloser.StateClosed, Override: &admin.Override{Mode: recloser.OverrideOpen, Until: noon.Add(50 * time.Second), Actor: "me@here", Reason: "drill"},
			}, dev.Fault{Hang: true}, 3, 3),
		},
		Events: []admin.Event{
			{Sequence: 1, At: noon.Add(-3 * time.Second), Circuit: "payments", Kind: "fault", Text: "the sample upstream: errors 100%"},
			{Sequence: 2, At: noon.Add(-2 * time.Second), Circuit: "payments", Kind: "isolated", Text: "consecutive: 5 failures in a row, for 3s", Environment: "env-001"},
			{Sequence: 3, At: noon.Add(-2 * time.Second), Circuit: "payments", Kind: "isolated", Text: "consecutive: 5 failures in a row, for 3.1s", Environment: "env-002"},
			{Sequence: 4, At: noon.Add(-1200 * time.Millisecond), Circuit: "payments", Kind: "opened", Text: opened.String() + ", for 3s", Environment: "env-003"},
			{Sequence: 5, At: noon.Add(-1 * time.Second), Circuit: "tax", Kind: "probe_claimed", Environment: "env-003"},
			{Sequence: 6, At: noon.Add(-900 * time.Millisecond), Circuit: "tax", Kind: "probe_settled", Text: "success", Environment: "env-003"},
		},
	}
	return &source{snapshot: s}
}

// show returns a view of s that has looked once.
func show(s *source, width, height int) *live.Model {
	m := live.New(s, "me@here")
	m.Update(m.Init()())
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return m
}

func press(m *live.Model, keys ...string) {
	for _, key := range keys {
		msg := tea.KeyPressMsg{Code: []rune(key)[0], Text: key}
		switch key {
		case "down":
			msg = tea.KeyPressMsg{Code: tea.KeyDown}
		case "up":
			msg = tea.KeyPressMsg{Code: tea.KeyUp}
		case "esc":
			msg = tea.KeyPressMsg{Code: tea.KeyEscape}
		case "ctrl+c":
			msg = tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
		}
		if _, command := m.Update(msg); command != nil {
			m.Update(command())
		}
	}
}

func TestPictures(t *testing.T) {
	for _, row := range []struct {
		name          string
		width, height int
		keys          []string
	}{
		{"outage-80x24", 80, 24, nil},
		{"outage-120x40", 120, 40, nil},
		{"outage-60x16", 60, 16, []string{"down", "down"}},
		{"help-80x24", 80, 24, []string{"?"}},
		{"forced-80x24", 80, 24, []string{"up"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := show(picture(), row.width, row.height)
			press(m, row.keys...)
			got := ansi.Strip(m.Render()) + "\n"
			golden := filepath.Join("testdata", row.name+".txt")
			if *rewrite {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the picture differs from %s; look at it, then run with -rewrite:\n%s", golden, got)
			}
		})
	}
}

func TestPictureFitsEveryTerminal(t *testing.T) {
	for _, s := range []*source{picture(), {}} {
		for width := 0; width < 200; width += 13 {
			for height := 0; height < 60; height += 3 {
				m := show(s, width, height)
				if height%2 == 0 {
					press(m, "?")
				}
				lines := strings.Split(m.Render(), "\n")
				if len(lines) > max(height, 1) {
					t.Fatalf("%d×%d: %d lines", width, height, len(lines))
				}
				for _, line := range lines {
					if got := lipgloss.Width(line); got > width {
						t.Fatalf("%d×%d: a line of %d columns: %q", width, height, got, line)
					}
				}
			}
		}
	}
}

func TestKeys(t *testing.T) {
	s := picture()
	m := show(s, 80, 24)
	press(m, "x", "e", "d", "h", "r", "r", "x", "o", "c", "z", "down", "e", "up", "up", "h")
	want := []string{
		"payments: healthy", "payments: errors 100%", "payments: errors 100%, delay 1s", "payments: errors 100%, delay 1s, hangs",
		"payments: errors 100%, delay 1s, hangs, 429 retry after 5s", "payments: errors 100%, delay 1s, hangs", "payments: healthy",
		"payments: forced open by me@here for 1m0s", "payments: forced closed by me@here for 1m0s", "payments: reset by me@here",
		"search: errors 100%", "maps: healthy",
	}
	if got := strings.Join(s.asked, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("asked:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

func TestKeysOfACircuitWithAnUpstreamOfItsOwn(t *testing.T) {
	s := picture()
	s.snapshot.Circuits[0].Sample = false
	s.snapshot.Circuits[0].Upstream = "https://payments.example"
	m := show(s, 80, 24)
	press(m, "e")
	if len(s.asked) > 0 || !strings.Contains(ansi.Strip(m.Render()), "whose faults are not ours") {
		t.Errorf("asked %v; the view says\n%s", s.asked, ansi.Strip(m.Render()))
	}
}

func TestLeaving(t *testing.T) {
	for key, interrupted := range map[string]bool{"q": false, "ctrl+c": true} {
		m := show(picture(), 80, 24)
		press(m, key)
		if m.Interrupted() != interrupted {
			t.Errorf("%s: interrupted is %v", key, m.Interrupted())
		}
	}
}

// TestStoresAreShown: whose circuit it is, and that it cannot be read.
func TestStoresAreShown(t *testing.T) {
	s := picture()
	s.snapshot.Store, s.snapshot.Trouble = "dynamodb://recloser", "DynamoDB is out of reach"
	text := ansi.Strip(show(s, 120, 24).Render())
	for _, want := range []string{"http://127.0.0.1:7373  dynamodb://recloser ", "the store: DynamoDB is out of reach"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestErrorsAreShown(t *testing.T) {
	s := picture()
	m := show(s, 80, 24)
	s.err = errors.New("something is wrong")
	press(m, "o")
	if !strings.Contains(m.Render(), "something is wrong") {
		t.Errorf("the view does not say it:\n%s", ansi.Strip(m.Render()))
	}
}
