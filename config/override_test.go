package config_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/config"
)

// TestPrecedence sets one rule in every place, and takes the strongest away
// until only the default is left.
func TestPrecedence(t *testing.T) {
	const header = "version: 1\nstore: { memory: {} }\n"
	none, defaults, circuit := "circuits: { a: }\n", "defaults: { call: { timeout: 2500ms } }\n", "circuits: { a: { call: { timeout: 2600ms } } }\n"
	variable := []string{"RECLOSER_CALL__TIMEOUT=2700ms"}
	flag := []config.Flag{{Name: "--set call.timeout", Key: "call.timeout", Value: "2800ms"}}
	for _, row := range []struct {
		text   string
		env    []string
		flags  []config.Flag
		want   time.Duration
		source string
	}{
		{defaults + circuit, variable, flag, 2800 * time.Millisecond, "--set call.timeout"},
		{defaults + circuit, variable, append(flag, config.Flag{Name: "-x", Key: "call.timeout", Value: "2900ms"}), 2900 * time.Millisecond, "-x"},
		{defaults + circuit, variable, nil, 2700 * time.Millisecond, "RECLOSER_CALL__TIMEOUT"},
		{defaults + circuit, append(variable, "RECLOSER_CALL__TIMEOUT=2s"), nil, 2 * time.Second, "RECLOSER_CALL__TIMEOUT"},
		{defaults + circuit, []string{"RECLOSER_CALL__TIMEOUT="}, nil, 2600 * time.Millisecond, "recloser.yaml:4:35"},
		{defaults + none, nil, nil, 2500 * time.Millisecond, "recloser.yaml:3:30"},
		{none, nil, nil, 3 * time.Second, "default"},
	} {
		f := parse(t, header+row.text, func(o *config.Options) { o.Environ, o.Flags = row.env, row.flags })
		got, source := f.Circuits["a"].Call.Timeout, ""
		for _, setting := range f.Settings("a") {
			if setting.Path == "call.timeout" {
				source = setting.Source.String()
			}
		}
		if got != row.want || source != row.source {
			t.Errorf("got %v from %s, want %v from %s", got, source, row.want, row.source)
		}
	}
}

func TestStorePrecedence(t *testing.T) {
	for _, row := range []struct {
		text, variable, flag string
		want, source         string
	}{
		{"store: { dynamodb: { table: mine, region: eu-central-1 } }", "", "", "dynamodb://mine?region=eu-central-1", "recloser.yaml:2:29"},
		{"store: { dynamodb: { table: mine } }", "valkey:host:6379", "", "valkey://host:6379", "RECLOSER_STORE"},
		{"store: { memory: {} }", "valkey:host:6379", "dynamodb:other", "dynamodb://other", "--store"},
		{"", "memory:", "", "memory:", "RECLOSER_STORE"},
	} {
		f := parse(t, "version: 1\n"+row.text+"\ncircuits: { a: }\n", func(o *config.Options) {
			o.Environ = []string{"RECLOSER_STORE=" + row.variable}
			if row.flag != "" {
				o.Flags = []config.Flag{{Name: "--store", Key: "store", Value: row.flag}}
			}
		})
		settings := f.Settings("")
		if got := f.Store.String(); got != row.want || settings[1].Source.String() != row.source {
			t.Errorf("got %s from %+v, want %s from %s", got, settings, row.want, row.source)
		}
		if kinds := slices.Compact([]bool{f.Store.Memory != nil, f.Store.DynamoDB != nil, f.Store.Valkey != nil}); len(kinds) == 1 {
			t.Errorf("the store is not exactly one: %+v", f.Store)
		}
	}
}

// TestEveryRuleHasAVariable sets every rule by its variable and by a flag, to
// what the file would say.
func TestEveryRuleHasAVariable(t *testing.T) {
	notes := annotations()
	keys := config.Keys()
	if len(keys) != 24 || keys[0] != "store" || config.EnvName("open_when.failure_rate") != "RECLOSER_OPEN_WHEN__FAILURE_RATE" {
		t.Fatalf("the keys are %v", keys)
	}
	names := map[string]bool{}
	for _, key := range keys[1:] {
		example, name := fmt.Sprint(notes[key].example), config.EnvName(key)
		if names[name] {
			t.Errorf("%s is the variable of two rules", name)
		}
		names[name] = true
		want := parse(t, string(fileWith(t, key, notes[key].example))).Circuits["payments"]
		byVariable := parse(t, minimal, func(o *config.Options) { o.Environ = []string{name + "=" + example} }).Circuits["payments"]
		byFlag := parse(t, minimal, func(o *config.Options) { o.Flags = []config.Flag{{Name: "--set", Key: key, Value: example}} }).Circuits["payments"]
		if byVariable.Policy != want.Policy || byFlag.Policy != want.Policy {
			t.Errorf("%s: the variable makes\n%+v, the flag\n%+v, the file\n%+v", key, byVariable.Policy, byFlag.Policy, want.Policy)
		}
	}
}

func TestOverrideErrors(t *testing.T) {
	for _, row := range []struct{ variable, want string }{
		{"RECLOSER_OPEN_WHEN__FAILURE_RATE=0.5", `RECLOSER_OPEN_WHEN__FAILURE_RATE: open_when.failure_rate: a share is written as a percentage such as 50%, not "0.5"`},
		{"RECLOSER_CALL__TIMEOUT=3", `RECLOSER_CALL__TIMEOUT: call.timeout: a duration is written with its unit such as 30s, 200ms or 5m, not "3"`},
		{"RECLOSER_HALF_OPEN__PROBES=0", "RECLOSER_HALF_OPEN__PROBES: half_open.probes: must be from 1 to 8, not 0"},
		{"RECLOSER_HALF_OPEN__PROBES=many", `RECLOSER_HALF_OPEN__PROBES: half_open.probes: must be a whole number such as 10, not "many"`},
		{"RECLOSER_OPEN_WHEN__FAILURE_RAET=50%", "RECLOSER_OPEN_WHEN__FAILURE_RAET: unknown variable; did you mean RECLOSER_OPEN_WHEN__FAILURE_RATE?"},
		{"RECLOSER_OPEN_WHEN_FAILURE_RATE=50%", "RECLOSER_OPEN_WHEN_FAILURE_RATE: unknown variable; did you mean RECLOSER_OPEN_WHEN__FAILURE_RATE?"},
		{"RECLOSER_FAILURE_RATE=50%", "RECLOSER_FAILURE_RATE: unknown variable; did you mean RECLOSER_OPEN_WHEN__FAILURE_RATE?"},
		{"RECLOSER_ENFORC=50%", "RECLOSER_ENFORC: unknown variable; did you mean RECLOSER_ENFORCE?"},
		{"RECLOSER_CONFIGS=x", "RECLOSER_CONFIGS: unknown variable; did you mean RECLOSER_CONFIG?"},
		{"RECLOSER_A__B=x", "RECLOSER_A__B: unknown variable; a rule's is its key in capitals, such as RECLOSER_OPEN_WHEN__FAILURE_RATE"},
		{"RECLOSER_STORE=memory", `RECLOSER_STORE: store: a store is memory:, dynamodb://<table> or valkey://<host>:<port>`},
		{"RECLOSER_STORE=valkey:host:0", `RECLOSER_STORE: store: must be a host and a port such as valkey.internal:6379, not "host:0"`},
		{"RECLOSER_CALL__TIMEOUT=20s", "recloser.yaml:3:13: open_for.cooldown: is 10s, less than lease + margin = 23s + 3s = 26s: probes of two generations " +
			"could be in flight at once; raise it, or shorten call.timeout or half_open.margin (not set here: this is the default)"},
		{"RECLOSER_OPEN_WHEN__SLOW_AFTER=4s", "RECLOSER_OPEN_WHEN__SLOW_AFTER: open_when.slow_after: is 4s, longer than call.timeout of 3s, so no call could ever be slow; use at most 3s"},
	} {
		_, err := config.Parse("recloser.yaml", []byte(minimal), func(o *config.Options) { o.Environ = []string{row.variable} })
		if err == nil || err.Error() != row.want || !errors.Is(err, config.ErrInvalid) {
			t.Errorf("%s: got\n%v\nwant\n%s", row.variable, err, row.want)
		}
	}
	for _, flag := range []config.Flag{{"--set", "call.timout", "3s"}, {"--set", "upstream", "https://a.example"}, {"--set", "call.timeout", "x"}} {
		_, err := config.Parse("recloser.yaml", []byte(minimal), func(o *config.Options) { o.Flags = []config.Flag{flag} })
		if err == nil || !strings.HasPrefix(err.Error(), "--set: "+flag.Key+": ") {
			t.Errorf("%+v: got %v", flag, err)
		}
	}
}

// TestOthersVariables leaves alone what begins with RECLOSER_ and is meant for
// somebody else.
func TestOthersVariables(t *testing.T) {
	parse(t, minimal, func(o *config.Options) {
		o.Environ = []string{
			"RECLOSER_LOG_LEVEL=debug", "RECLOSER_EXTENSION_HTTP_PORT=2780", "RECLOSER_DISABLED=1", "RECLOSER_TOKEN=x", "RECLOSER_STATE=x",
			"RECLOSER_CONFIG=x", "RECLOSER_DEV=1", "RECLOSER_=x", "RECLOSER=x", "PATH=/bin", "no equals sign", "RECLOSER_" + strings.Repeat("X", 100) + "=1",
		}
	})
}

func TestSettings(t *testing.T) {
	f := parse(t, strings.Replace(minimal, "payments: {}", "payments: { failures: { http: [503, 5xx] }, open_for: { max_cooldown: 1h } }", 1))
	if f.Settings("unknown") != nil {
		t.Error("an unknown circuit has settings")
	}
	got := map[string]string{}
	for _, s := range append(f.Settings(""), f.Settings("payments")...) {
		got[s.Path] = s.Value
	}
	for path, want := range map[string]string{
		"version": "1", "store.memory": "{}", "failures.http": "[503, 5xx]", "failures.errors": "[]", "open_when.confidence": "99.9%",
		"open_for.backoff": "2", "when_store_fails": "last_known", "partition_by": "", "on_failure.redrive.max_attempts": "5",
	} {
		if value, found := got[path]; !found || value != want {
			t.Errorf("%s is %q, want %q", path, value, want)
		}
	}
	if len(got) != 2+23+3+2+2+2+8 {
		t.Errorf("there are %d settings", len(got))
	}
}
