package valkeystore_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/storetest"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// check is a condition of a script, as a line of it.
var check = regexp.MustCompile(`(?m)^if .* then return answer\(0\) end$`)

// writes are the commands that change a record.
var writes = regexp.MustCompile(`redis\.call\('(HSET|HSETNX|HDEL|HINCRBY|PEXPIREAT)'|redis\.pcall|\b(begin|put|say|drop|made|move|forget|try|remember|rememberTransition)\(`)

// conditions are how many conditions each script has: schema, generation, and
// those of its own.
var conditions = map[string]int{
	"load": 0, "watch": 3, "unwatch": 3, "report": 3, "transition": 2, "claim": 3, "first_claim": 2, "settle": 3, "override": 2, "history": 0, "check": 2,
}

// TestConditionsComeFirst: every script that writes has its conditions, and
// changes nothing before the last. LAWS.md, S5.
func TestConditionsComeFirst(t *testing.T) {
	for name, text := range valkeystore.Scripts() {
		found := check.FindAllStringIndex(text, -1)
		if len(found) != conditions[name] {
			t.Errorf("%s has %d conditions, not %d", name, len(found), conditions[name])
			continue
		}
		if len(found) == 0 {
			if m := writes.FindString(text); m != "" {
				t.Errorf("%s has no condition, and writes: %s", name, m)
			}
			continue
		}
		// What stands before is functions only, which are called after.
		last := found[len(found)-1][0]
		for line := range strings.SplitSeq(text[:last], "\n") {
			if m := writes.FindString(line); m != "" && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "local function") {
				t.Errorf("%s writes before its last condition: %s", name, line)
			}
		}
	}
}

// suite is the part of the contract that conditions are for.
const suite = "-test.run=^TestMutant$/^(conflicts|newer|held|races)$"

// TestConditionsAreHeld: without any one of its conditions a script fails the
// suite. LAWS.md, S5.
func TestConditionsAreHeld(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the suite many times")
	}
	url := valkey.URL(t)
	for name, text := range valkeystore.Scripts() {
		if name == "check" {
			continue // It is no write of a record.
		}
		for i, line := range check.FindAllString(text, -1) {
			t.Run(fmt.Sprint(name, "/", i), func(t *testing.T) {
				cmd := exec.CommandContext(t.Context(), os.Args[0], suite, "-test.v")
				cmd.Env = append(os.Environ(), "VALKEYSTORE_URL="+url, "VALKEYSTORE_SCRIPT="+name, "VALKEYSTORE_WITHOUT="+fmt.Sprint(i))
				out, err := cmd.CombinedOutput()
				if err == nil || !strings.Contains(string(out), "--- FAIL: TestMutant/") {
					t.Errorf("nothing fails without %q: %v\n%.1000s", line, err, out)
				}
			})
		}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], suite, "-test.v")
	cmd.Env = append(os.Environ(), "VALKEYSTORE_URL="+url, "VALKEYSTORE_SCRIPT=")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestMutant/conflicts") {
		t.Errorf("with all conditions: %v\n%.1000s", err, out)
	}
}

// TestMutant runs the suite on a store that leaves out a condition.
func TestMutant(t *testing.T) {
	url := os.Getenv("VALKEYSTORE_URL")
	if url == "" {
		t.Skip("TestConditionsAreHeld runs it")
	}
	name, text := os.Getenv("VALKEYSTORE_SCRIPT"), ""
	if name != "" {
		text = valkeystore.Scripts()[name]
		var without int
		if _, err := fmt.Sscan(os.Getenv("VALKEYSTORE_WITHOUT"), &without); err != nil {
			t.Fatal(err)
		}
		at := check.FindAllStringIndex(text, -1)[without]
		text = text[:at[0]] + text[at[1]:]
	}
	plain := client(t, url)
	opens := func(t *testing.T) recloser.Store {
		s := open(t, url)
		if name != "" {
			s.Replace(name, text)
		}
		return s
	}
	t.Run("held", func(t *testing.T) { settleNewer(t, opens(t), plain) })
	storetest.Run(t, opens, func(o *storetest.Options) { o.PlantNewer = plant(plain) })
}

// settleNewer: a probe of a record of a later schema cannot be settled.
func settleNewer(t *testing.T, s recloser.Store, plain *redis.Client) {
	t.Helper()
	hash := "recloser:{held}"
	if err := plain.HSet(t.Context(), hash, "schema", "2", "p0.token", "mine", "p0.end_ms", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(t.Context(), "held", recloser.Settle{Token: "mine"}); !errors.Is(err, recloser.ErrSchema) {
		t.Errorf("got error %v", err)
	}
	if token, err := plain.HGet(t.Context(), hash, "p0.token").Result(); err != nil || token != "mine" {
		t.Errorf("it was written: the token is %q, error %v", token, err)
	}
}
