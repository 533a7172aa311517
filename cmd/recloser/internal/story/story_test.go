package story_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/story"
	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/simulator"
)

func TestParse(t *testing.T) {
	s, err := story.Parse("dead.yaml", []byte(`
version: 1
title: Payments is dead
seed: 9
duration: 2m
policy: { open_when: { failure_rate: 60% } }
fleet: { environments: 300, routing: warm, freeze_idle: true }
traffic: { rate: 12.5 }
dependency:
  - { latency: 50ms }
  - { from: 30s, failing: 100%, retry_after: 5s }
  - { from: 60s }
faults:
  - { kind: lost_answer, from: 10s, until: 20s }
  - { kind: slow, share: 5%, length: 300ms }
orders:
  - { at: 40s, mode: open, for: 10s }
  - { at: 45s, mode: none }
`))
	if err != nil {
		t.Fatal(err)
	}
	want := simulator.DefaultScenario()
	want.Seed, want.Duration = 9, 2*time.Minute
	want.Policy.OpenWhen.FailureRate = 0.6
	want.Fleet.Environments, want.Fleet.Routing, want.Fleet.FreezeIdle = 300, simulator.RoutingWarm, true
	want.Traffic.Rate = 12.5
	well := simulator.Phase{Latency: 50 * time.Millisecond, Tail: 200 * time.Millisecond}
	ill, again := well, well
	ill.From, ill.Failing, ill.RetryAfter, again.From = 30*time.Second, 1, 5*time.Second, time.Minute
	want.Dependency = []simulator.Phase{well, ill, again}
	want.Faults = []simulator.Fault{
		{Kind: simulator.FaultLostAnswer, From: 10 * time.Second, Until: 20 * time.Second, Share: 1},
		{Kind: simulator.FaultSlow, Share: 0.05, Length: 300 * time.Millisecond},
	}
	want.Orders = []simulator.Order{
		{At: 40 * time.Second, Mode: recloser.OverrideOpen, For: 10 * time.Second}, {At: 45 * time.Second},
	}
	if s.Title != "Payments is dead" || !reflect.DeepEqual(s.Scenario, want) {
		t.Errorf("got\n%+v\nwant\n%+v", s.Scenario, want)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"title: x", "a.yaml:1:1: version: is missing; write version: 1"},
		{"version: 2", "a.yaml:1:10: version: 2 is not known; write version: 1, the only one there is"},
		{"fleet: { environments: 0 }", "a.yaml:2:24: fleet.environments: must be from 1 to 100000, not 0"},
		{"fleet: { enviroments: 9 }", `a.yaml:2:10: fleet.enviroments: unknown key; did you mean "environments"?`},
		{"environments: 9", "a.yaml:2:1: environments: unknown key here; it belongs under fleet"},
		{"fleet: { routing: cosy }", `a.yaml:2:19: fleet.routing: must be uniform or warm, not "cosy"`},
		{"fleet: { freeze_idle: yes }", `a.yaml:2:23: fleet.freeze_idle: must be true or false, not "yes"`},
		{"protocol: prayer", `a.yaml:2:11: protocol: must be recloser, none, not_shared, elected_prober, last_writer_wins, locked_call, shared_counter, retry_always, retry_tokens, retry_breaker or retry_shared, not "prayer"`},
		{"duration: 1m\ndependency:\n- {}\n- { from: 70s }", "a.yaml:5:11: dependency[1].from: is 1m10s, and the story ends after 1m0s"},
		{"dependency:\n- {}\n- { from: 70s }", "a.yaml:4:11: dependency[1].from: is 1m10s, and the story ends after 1m0s"},
		{"dependency:\n- {}\n- { from: 9s }\n- { from: 9s }", "a.yaml:5:11: dependency[2].from: is 9s, and must be after that of the phase before it"},
		{"dependency: []", "a.yaml:2:13: dependency: must have a phase from 0s on"},
		{"dependency:\n- { failing: 120% }", `a.yaml:3:14: dependency[0].failing: a share is between 0% and 100%, not "120%"`},
		{"dependency:\n- { dead: 1 }\n- { from: 1s, dead: 3 }", "a.yaml:4:21: dependency[1].dead: is 3, more than there are partitions (traffic.partitions): 1"},
		{"faults:\n- { kind: slow }", "a.yaml:3:3: faults[0]: has no length, and slow needs one"},
		{"faults:\n- { kind: hang, share: 0% }", "a.yaml:3:24: faults[0].share: strikes nothing; leave the fault out, or write a share above 0%"},
		{"faults:\n- { kind: kill }", "a.yaml:3:3: faults[0].every: kill needs it, the mean time between two strikes"},
		{"faults:\n- { kind: hang, from: 9s, until: 8s }", "a.yaml:3:34: faults[0].until: is 8s, before it begins at 9s"},
		{"orders:\n- { at: 2m, mode: open }", "a.yaml:3:9: orders[0].at: is 2m0s, and the story ends after 1m0s"},
		{"orders:\n- { at: 2s, mode: ajar }", `a.yaml:3:19: orders[0].mode: must be open or closed, or empty to take back what was said, not "ajar"`},
		{"policy: { half_open: { margin: 60s } }", "a.yaml:2:1: policy.open_for.cooldown: is 10s, less than lease + margin = 1m3s + 1m0s = 2m3s: probes of two generations could be in flight at once; raise it, or shorten call.timeout or half_open.margin"},
		{"duration: 25h", "a.yaml:2:11: duration: is 25h0m0s; a story lasts 24h0m0s at most"},
		{"duration: 24h\ntraffic: { rate: 1000 }", "a.yaml:3:18: traffic.rate: makes 8.64e+07 requests in 24h0m0s; a story has 50000000 at most"},
	} {
		text := row.text
		if !strings.HasPrefix(text, "version") && text != "title: x" {
			text = "version: 1\n" + text
		}
		_, err := story.Parse("a.yaml", []byte(text))
		if !errors.Is(err, config.ErrInvalid) || err.Error() != row.want {
			t.Errorf("%q:\n got %v\nwant %s", row.text, err, row.want)
		}
	}
}

func TestLoadOfAFileThatIsNotThere(t *testing.T) {
	_, err := story.Load(filepath.Join(t.TempDir(), "none.yaml"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "--print") {
		t.Errorf("got %v", err)
	}
}

// TestWhatIsWrittenIsRead holds for every outage: so a user can print one, and
// change it.
func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, o := range story.Outages() {
		s := story.New(simulator.DefaultScenario(), o, story.Setting{At: 30 * time.Second, For: time.Minute})
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", o.Name, err)
		}
		text, err := story.Write(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := story.Parse(o.Name, text)
		if err != nil {
			t.Errorf("%v\n%s", err, text)
		}
		if !reflect.DeepEqual(s, again) {
			t.Errorf("%s:\nwrote %+v\nread  %+v", o.Name, s, again)
		}
	}
}

func TestOutagesAreNamedOnce(t *testing.T) {
	seen := make(map[string]bool)
	for _, o := range story.Outages() {
		if seen[o.Name] || o.Does == "" {
			t.Errorf("%q is named twice, or says nothing", o.Name)
		}
		seen[o.Name] = true
	}
	for _, name := range []string{"dead", "slow", "hung", "half", "flaky", "partition", "capacity", "metastable", "retry-after", "store-gone"} {
		if !seen[name] {
			t.Errorf("there is no %q", name)
		}
	}
}

// TestAStoryIsLongEnough to see a circuit close again, whatever its open time.
func TestAStoryIsLongEnough(t *testing.T) {
	dead := story.Outages()[1]
	for _, row := range []struct {
		cooldown, most, lasts, want time.Duration
	}{
		{10 * time.Second, 5 * time.Minute, time.Minute, time.Minute + 114*time.Second}, // 10s, 20s, 40s
		{10 * time.Second, 15 * time.Second, time.Minute, time.Minute + 81*time.Second},
		{time.Hour, 2 * time.Hour, time.Minute, time.Minute + 72*time.Minute + 66*time.Second},
	} {
		s := simulator.DefaultScenario()
		s.Policy.OpenFor.Cooldown, s.Policy.OpenFor.MaxCooldown = row.cooldown, row.most
		got := story.New(s, dead, story.Setting{For: row.lasts}).Scenario.Duration
		if diff := got - row.want; diff != 0 {
			t.Errorf("cooldown %v, at most %v: %v, want %v", row.cooldown, row.most, got, row.want)
		}
	}
}
