package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/sample"
	"github.com/recloser-dev/recloser/internal/testserver"
)

// The stores that scripts work on.
var (
	dynamo = testserver.Shared{Start: testserver.DynamoDB}
	valkey = testserver.Shared{Start: testserver.Valkey}
)

// TestMain runs the tests, or, in an environment of dev --lambda, the sample
// function.
func TestMain(m *testing.M) {
	if os.Getenv(sample.Variable) != "" {
		os.Exit(run())
	}
	testscript.Main(dynamo.With(valkey.With(m)), map[string]func(){"recloser": func() { os.Exit(run()) }})
}

// TestScripts runs every command as a process of its own, as a user would.
func TestScripts(t *testing.T) { runScripts(t, "testdata/script", nil) }

// TestDynamoDBScripts does so on tables of DynamoDB Local. $STORE names one of
// the script's own, which is not made yet.
func TestDynamoDBScripts(t *testing.T) {
	endpoint := dynamo.URL(t)
	runScripts(t, "testdata/dynamodb", func(env *testscript.Env) {
		table := filepath.Base(env.WorkDir)
		env.Setenv("ENDPOINT", endpoint)
		env.Setenv("TABLE", table)
		env.Setenv("STORE", "dynamodb://"+table+"?endpoint="+endpoint)
	})
}

// TestValkeyScripts does so on Valkey. $STORE has a prefix of the script's own.
func TestValkeyScripts(t *testing.T) {
	address := strings.TrimPrefix(valkey.URL(t), "redis://")
	runScripts(t, "testdata/valkey", func(env *testscript.Env) {
		prefix := filepath.Base(env.WorkDir) + ":"
		env.Setenv("ADDRESS", address)
		env.Setenv("PREFIX", prefix)
		env.Setenv("STORE", "valkey://"+address+"?prefix="+prefix)
	})
}

func runScripts(t *testing.T, dir string, setup func(*testscript.Env)) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			if setup != nil {
				setup(env)
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":  exits,
			"until":  until,
			"edit":   edit,
			"fault":  fault,
			"other":  other,
			"valkey": askValkey,
			"server": serve,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// exits runs a command and checks its exit code: exits 4 recloser describe x.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := exitCode(ts, args[1:]); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func exitCode(ts *testscript.TestScript, command []string) int {
	err := ts.Exec(command[0], command[1:]...)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	ts.Check(err)
	return -1
}

// until runs a command again and again until its output matches, for at most
// half a minute: until open recloser status payments.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until pattern command [args...]")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	timeout := time.After(30 * time.Second)
	for {
		exitCode(ts, args[1:])
		if pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		select {
		case <-ticker.C:
		case <-timeout:
			ts.Fatalf("no output matched %q", args[0])
		}
	}
}
