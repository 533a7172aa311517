package model_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/testserver"
)

// spin is the model with its bounds and, of a mutant, what is broken.
type spin struct {
	k, environments, threads int
	busy, faults             int // 0: all of them, faults without end
	also                     []string
}

const (
	all  = 0  // leaves nothing out but what README.md says
	none = -1 // is no fault, but that threads are held up
)

func (s spin) defines() []string {
	defines := []string{
		fmt.Sprintf("-DK=%d", s.k), fmt.Sprintf("-DENVS=%d", s.environments), fmt.Sprintf("-DTHREADS=%d", s.threads),
	}
	if s.busy != all {
		defines = append(defines, fmt.Sprintf("-DBUSY=%d", s.busy))
	}
	if s.faults != all {
		defines = append(defines, fmt.Sprintf("-DFAULTS=%d", max(s.faults, 0)))
	}
	for _, name := range s.also {
		defines = append(defines, "-D"+name)
	}
	return defines
}

// verdict is what an exploration came to.
type verdict struct {
	states, transitions, depth int
	partial                    bool // whether it was ended by its limit of time
	took                       time.Duration
	trail                      []event // of what breaks a law
}

// search is how states are kept and walked through.
type search struct {
	compile []string // for the C compiler
	run     []string // for the verifier
}

var (
	exhaustive = search{[]string{"-DSAFETY", "-DNOREDUCE"}, []string{"-m2000000"}}
	shortest   = search{[]string{"-DSAFETY", "-DNOREDUCE", "-DREACH"}, []string{"-m200", "-i"}}
	// Under weak fairness a thread that can go on does so some time.
	fair = search{[]string{"-DNFAIR=3"}, []string{"-m2000000", "-a", "-f"}}
)

// sampled keeps a few bits of each state, so that it knows most of those it has
// seen, and ends after some minutes.
func sampled(minutes int) search {
	return search{[]string{"-DSAFETY", "-DNOREDUCE", "-DBITSTATE"}, []string{"-m2000000", "-w31", fmt.Sprintf("-Q%d", minutes)}}
}

var (
	statesLine      = regexp.MustCompile(`(?m)^\s*([\d.e+]+) states, stored`)
	transitionsLine = regexp.MustCompile(`(?m)^\s*([\d.e+]+) transitions`)
	depthLine       = regexp.MustCompile(`depth reached (\d+), errors: (\d+)`)
	elapsedLine     = regexp.MustCompile(`elapsed time ([\d.]+) seconds`)
)

// verify explores the model.
func (s spin) verify(t *testing.T, how search) verdict {
	t.Helper()
	dir := s.folder(t)
	generate := append([]string{"-a"}, s.defines()...)
	run(t, dir, testserver.Program(t, "spin"), append(generate, file)...)
	compile := append([]string{"-O1", "-w", "-DMEMLIM=8000"}, how.compile...)
	run(t, dir, testserver.Program(t, "cc"), append(compile, "-o", "pan", "pan.c")...)
	out := run(t, dir, filepath.Join(dir, "pan"), how.run...)
	v := verdict{
		states: number(t, statesLine, out), transitions: number(t, transitionsLine, out), depth: number(t, depthLine, out),
		partial: strings.Contains(out, "Search not completed") && !strings.Contains(out, "assertion violated"),
	}
	if seconds := elapsedLine.FindStringSubmatch(out); seconds != nil {
		v.took, _ = time.ParseDuration(seconds[1] + "s")
	}
	for _, bad := range []string{"out of memory", "reached -DMEMLIM", "aborting"} {
		if strings.Contains(out, bad) && !v.partial {
			t.Fatalf("the verifier gave up:\n%.3000s", out)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, file+".trail")); err == nil {
		replay := append([]string{"-t"}, s.defines()...)
		v.trail = events(t, run(t, dir, testserver.Program(t, "spin"), append(replay, file)...))
	}
	return v
}

// walk takes random steps through the model.
func (s spin) walk(t *testing.T, dir string, seed, steps int) []event {
	t.Helper()
	args := append([]string{fmt.Sprintf("-n%d", seed), fmt.Sprintf("-u%d", steps)}, s.defines()...)
	return events(t, run(t, dir, testserver.Program(t, "spin"), append(args, file)...))
}

const file = "probe.pml"

// folder returns a folder with the model: a trail is kept beside it.
func (s spin) folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join("..", "..", "spec", "model", file))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run returns what a program says. That of spin's verifier is its answer, whatever
// its exit code.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Hour)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if bytes.Contains(out, []byte("Error:")) && !bytes.Contains(out, []byte("assertion violated")) || err != nil && len(out) == 0 {
		t.Fatalf("%s %s: %v\n%.2000s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return string(out)
}

func number(t *testing.T, line *regexp.Regexp, out string) int {
	t.Helper()
	found := line.FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("the verifier does not say what it has seen:\n%.3000s", out)
	}
	n, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}
