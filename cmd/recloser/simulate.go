package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/story"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
	"github.com/recloser-dev/recloser/simulator"
)

// simulation is what a user asks to be simulated, and how to show it.
type simulation struct {
	telling   telling
	seeds     int
	compare   bool
	protocols bool
	print     bool
	asserted  []string
	trace     []string
	page      string
	svg       string

	assertions []trial.Assertion
}

func (a *app) simulateCommand() *cobra.Command {
	var s simulation
	cmd := &cobra.Command{
		Use:   "simulate [scenario.yaml]",
		Short: "Play an outage on virtual time, with real breakers, and see what comes of it",
		Long:  simulateHelp(),
		Example: `  recloser simulate --outage dead
  recloser simulate --from recloser.yaml --circuit payments --outage hung --environments 1000 --rate 500
  recloser simulate --outage slow --seeds 50 --assert 'p95(time_to_open)<1s' --assert 'good_rejected<1%'
  recloser simulate --outage metastable --print > metastable.yaml
  recloser simulate metastable.yaml --page metastable.html
  recloser simulate --compare before.yaml after.yaml
  recloser simulate --protocols --page protocols.html`,
		Args: func(cmd *cobra.Command, args []string) error { return s.arguments(cmd, args) },
		RunE: func(cmd *cobra.Command, args []string) error { return a.simulate(cmd, &s, args) },
	}
	s.telling.addFlags(cmd)
	flags := cmd.Flags()
	flags.IntVar(&s.seeds, "seeds", 1, "how many runs to play, each with a seed of its own; figures are then medians between 5% and 95%")
	flags.BoolVar(&s.compare, "compare", false, "play two scenarios, and show them side by side")
	flags.BoolVar(&s.protocols, "protocols", false, "play one story under every protocol; by default the gauntlet, with an open time that does not grow and a ramp of 10s")
	flags.BoolVar(&s.print, "print", false, "print the scenario as a file, and do not play it")
	flags.StringArrayVar(&s.asserted, "assert", nil, "what must come of it, or else exit with 99; may be repeated: 'good_rejected<0.1%'")
	flags.StringSliceVar(&s.trace, "trace", nil, "print a line for each step of the first run, or for steps of some kinds: --trace=event,applied")
	flags.Lookup("trace").NoOptDefVal = traceAll
	flags.StringVar(&s.page, "page", "", "write a page of HTML with pictures and figures, which needs nothing else")
	flags.StringVar(&s.svg, "svg", "", "write the pictures as SVG files into this directory")
	a.addOutputFlag(cmd)
	return cmd
}

const traceAll = "all"

func simulateHelp() string {
	var b strings.Builder
	b.WriteString(`Simulate plays a story on virtual time: a fleet that shares a circuit, its calls,
its store, and what goes wrong. The breakers are the real ones, the rest is a
model, and one seed is one run, to the bit.

The story is a scenario file, or the policy of a circuit and a ready-made outage.

Outages:
`)
	for _, o := range story.Outages() {
		fmt.Fprintf(&b, "  %-16s %s\n", o.Name, o.Does)
	}
	b.WriteString("\nFigures, for --assert; median(…), p5(…) and p95(…) are of all seeds, a figure alone\nis of every one:\n")
	for _, f := range trial.Figures() {
		fmt.Fprintf(&b, "  %-19s %s\n", f.Name, strings.TrimSpace(f.Title))
	}
	b.WriteString("\nExit code 99 says that an assertion does not hold.")
	return b.String()
}

// arguments wants a scenario file or none, or two to compare.
func (s *simulation) arguments(cmd *cobra.Command, args []string) error {
	if s.compare && len(args) != 2 {
		return usage("simulate --compare takes two scenario files, and got %d: recloser simulate --compare before.yaml after.yaml", len(args))
	}
	if s.compare {
		return s.telling.alone(cmd, "--compare")
	}
	if err := atMostOneFile(cmd, args); err != nil {
		return err
	}
	if len(args) == 1 {
		return s.telling.alone(cmd, "a scenario file")
	}
	return nil
}

// check reads what can be wrong with flags before anything is played.
func (s *simulation) check(cmd *cobra.Command, a *app) error {
	if s.seeds < 1 || s.seeds > trial.MaxSeeds {
		return usage("simulate: --seeds is from 1 to %d, not %d", trial.MaxSeeds, s.seeds)
	}
	if s.print && s.compare {
		return usage("simulate: --print is of one story; leave out --compare")
	}
	if s.protocols && (s.compare || len(s.trace) > 0 || cmd.Flags().Changed("protocol")) {
		return usage("simulate: --protocols plays them all; leave out --protocol, --compare and --trace")
	}
	if s.compare && (s.page != "" || s.svg != "") {
		return usage("simulate: --page and --svg are of one story; leave out --compare, and draw each by itself")
	}
	for _, text := range s.asserted {
		assertion, err := trial.ParseAssertion(text)
		if err != nil {
			return usage("simulate: --assert: %v", err)
		}
		s.assertions = append(s.assertions, assertion)
	}
	if len(s.trace) == 0 {
		return nil
	}
	if a.output != outputTable || s.compare {
		return usage("simulate: --trace is text; leave out --output and --compare")
	}
	known := simulator.StepKinds()
	for _, kind := range s.trace {
		if kind != traceAll && !slices.Contains(known, simulator.StepKind(kind)) {
			names := make([]string, len(known))
			for i, k := range known {
				names[i] = string(k)
			}
			return usage("simulate: --trace: no step is called %s; there are %s", quote(kind), strings.Join(names, ", "))
		}
	}
	return nil
}

func (a *app) simulate(cmd *cobra.Command, s *simulation, args []string) error {
	if err := s.check(cmd, a); err != nil {
		return err
	}
	if s.protocols {
		s.telling.level(cmd.Flags())
	}
	stories, err := a.stories(cmd, s, args)
	if err != nil {
		return err
	}
	if s.print {
		text, err := story.Write(stories[0])
		if err == nil {
			_, err = a.out.Write(text)
		}
		return writing(err)
	}
	if s.protocols {
		return a.contest(cmd.Context(), s, stories[0])
	}
	trials := make([]*trial.Trial, 0, len(stories))
	var stopped error
	for i, one := range stories {
		t, err := a.play(cmd.Context(), s, one, i, len(stories))
		if t == nil {
			return err
		}
		trials = append(trials, t)
		if stopped = err; err != nil {
			break
		}
	}
	if err := a.showTrials(s, trials); err != nil {
		return err
	}
	if err := a.draw(s, trials[0]); err != nil {
		return err
	}
	if stopped != nil {
		return stopped
	}
	return held(trials, s.assertions)
}

// play plays one of several stories.
func (a *app) play(ctx context.Context, s *simulation, one story.Story, i, n int) (*trial.Trial, error) {
	bar := a.newBar(i, n)
	if len(s.trace) > 0 {
		bar = nil // Its lines would be between those of the trace.
	}
	traced := bufio.NewWriter(a.out)
	var trace *simulator.Trace
	t, err := trial.Play(ctx, one, func(o *trial.Options) {
		o.Seeds = s.seeds
		if bar != nil {
			o.Progress = bar.show
		}
		if len(s.trace) > 0 {
			trace = simulator.NewTrace(traced, s.kinds()...)
			o.Observers = append(o.Observers, trace)
		}
	})
	if bar != nil {
		bar.clear()
	}
	if trace != nil {
		if err := errors.Join(trace.Err(), traced.Flush()); err != nil {
			return nil, writing(err)
		}
		if _, err := io.WriteString(a.out, "\n"); err != nil {
			return nil, writing(err)
		}
	}
	return t, err
}

// kinds returns the kinds of steps that are traced; none are all.
func (s *simulation) kinds() []simulator.StepKind {
	if slices.Contains(s.trace, traceAll) {
		return nil
	}
	kinds := make([]simulator.StepKind, len(s.trace))
	for i, kind := range s.trace {
		kinds[i] = simulator.StepKind(kind)
	}
	return kinds
}

// held returns an error if an assertion does not hold in a trial.
func held(trials []*trial.Trial, assertions []trial.Assertion) error {
	broken := 0
	for _, t := range trials {
		for _, assertion := range assertions {
			if !assertion.Check(t).Holds {
				broken++
			}
		}
	}
	if broken == 0 {
		return nil
	}
	return withCode(exitAssertion, "%d of %d assertions do not hold", broken, len(trials)*len(assertions))
}
