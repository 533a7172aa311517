package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/story"
	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/simulator"
)

// telling is how a story is told by flags.
type telling struct {
	from, circuit, outage string
	at, lasts, duration   time.Duration
	environments          int
	rate                  float64
	seed                  uint64
	protocol              string
	// levelled is whether the default policy is one under which all protocols are
	// on equal terms.
	levelled bool
}

// level makes the story one that tells protocols apart, where flags say nothing else:
// one call in three seconds for each environment, and as much of an open time and a
// ramp for this module as others have.
func (t *telling) level(flags *pflag.FlagSet) {
	t.levelled = true
	for name, set := range map[string]func(){
		"outage":       func() { t.outage = "gauntlet" },
		"for":          func() { t.lasts = 40 * time.Second },
		"environments": func() { t.environments = 300 },
		"rate":         func() { t.rate = 100 },
	} {
		if !flags.Changed(name) {
			set()
		}
	}
}

// made are the flags that make a story, and cannot change one of a file.
var made = [...]string{"from", "circuit", "outage", "at", "for"}

func (t *telling) addFlags(cmd *cobra.Command) {
	s := simulator.DefaultScenario()
	flags := cmd.Flags()
	flags.StringVar(&t.from, "from", "", "take the policy of a circuit of this recloser.yaml (default the file of --config, or else the default policy)")
	flags.StringVar(&t.circuit, "circuit", "", "the circuit whose policy to take (default the only one)")
	flags.StringVar(&t.outage, "outage", "dead", "what goes wrong, as listed above")
	flags.DurationVar(&t.at, "at", 30*time.Second, "when it goes wrong")
	flags.DurationVar(&t.lasts, "for", time.Minute, "for how long")
	flags.DurationVar(&t.duration, "duration", 0, "how long the story lasts (default until the circuit should be closed again)")
	flags.IntVar(&t.environments, "environments", 100, "how many environments there are")
	flags.Float64Var(&t.rate, "rate", 200, "how many requests come in a second")
	flags.Uint64Var(&t.seed, "seed", 1, "what decides everything that is left to chance")
	flags.StringVar(&t.protocol, "protocol", string(s.Protocol), "what stands before each call: "+strings.Join(protocolNames(), ", "))
	names := make([]string, 0, len(story.Outages()))
	for _, o := range story.Outages() {
		names = append(names, o.Name)
	}
	// These fail only for flags that do not exist.
	_ = cmd.RegisterFlagCompletionFunc("outage", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("protocol", cobra.FixedCompletions(protocolNames(), cobra.ShellCompDirectiveNoFileComp))
}

func protocolNames() []string {
	all := append(simulator.Protocols(), simulator.RetryProtocols()...)
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = string(p)
	}
	return names
}

// alone refuses the flags that make a story beside something else that does.
func (t *telling) alone(cmd *cobra.Command, other string) error {
	for _, name := range made {
		if cmd.Flags().Changed(name) {
			return usage("simulate: --%s does not go with %s, which tells the whole story; change the file", name, other)
		}
	}
	return nil
}

// stories returns what is to be played.
func (a *app) stories(cmd *cobra.Command, s *simulation, args []string) ([]story.Story, error) {
	if len(args) == 0 {
		one, err := a.madeStory(&s.telling)
		if err != nil {
			return nil, err
		}
		return []story.Story{one}, nil
	}
	var all []story.Story
	for _, path := range args {
		one, err := story.Load(path)
		if err != nil {
			return nil, err
		}
		if one.Title == "" {
			one.Title = path
		}
		if err := s.telling.change(cmd.Flags(), &one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// change makes in a story of a file what flags say of it.
func (t *telling) change(flags *pflag.FlagSet, s *story.Story) error {
	c := &s.Scenario
	for name, set := range map[string]func(){
		"duration":     func() { c.Duration = t.duration },
		"environments": func() { c.Fleet.Environments = t.environments },
		"rate":         func() { c.Traffic.Rate = t.rate },
		"seed":         func() { c.Seed = t.seed },
		"protocol":     func() { c.Protocol = simulator.Protocol(t.protocol) },
	} {
		if flags.Changed(name) {
			set()
		}
	}
	return t.check(s)
}

// check names the flags of what is wrong with a story that they changed.
func (t *telling) check(s *story.Story) error {
	err := s.Check()
	if err == nil {
		return nil
	}
	text := strings.NewReplacer(simulator.ErrScenario.Error()+": ", "", "\n", "; ").Replace(err.Error())
	return usage("simulate: %s", shorten(text))
}

// madeStory returns the story that flags tell.
func (a *app) madeStory(t *telling) (story.Story, error) {
	policy, whose, err := a.policyToPlay(t)
	if err != nil {
		return story.Story{}, err
	}
	var names []string
	for _, o := range story.Outages() {
		names = append(names, o.Name)
		if o.Name != t.outage {
			continue
		}
		if t.at < 0 || t.lasts <= 0 {
			return story.Story{}, usage("simulate: --at must not be negative and --for must be above 0s, not %v and %v", t.at, t.lasts)
		}
		s := simulator.DefaultScenario()
		s.Seed, s.Policy, s.Protocol = t.seed, policy, simulator.Protocol(t.protocol)
		s.Fleet.Environments, s.Traffic.Rate = t.environments, t.rate
		one := story.New(s, o, story.Setting{At: t.at, For: t.lasts, Duration: t.duration})
		one.Title = whose + one.Title
		return one, t.check(&one)
	}
	if best, found := config.Closest(t.outage, names); found {
		return story.Story{}, usage("simulate: no outage is called %s; did you mean %s?", quote(t.outage), best)
	}
	return story.Story{}, usage("simulate: no outage is called %s; there are %s", quote(t.outage), strings.Join(names, ", "))
}

// policyToPlay returns the policy of the story, and whose it is.
func (a *app) policyToPlay(t *telling) (policy recloser.Policy, whose string, err error) {
	var file *config.File
	if t.from != "" {
		file, err = config.Load(t.from)
	} else {
		file, err = a.configured()
	}
	switch {
	case err != nil:
		return policy, "", err
	case file == nil && t.circuit != "":
		return policy, "", usage("simulate: there is no recloser.yaml with circuit %s; name the file with --from", quote(t.circuit))
	case file == nil:
		if t.levelled {
			return story.LevelPolicy(), "", nil
		}
		return recloser.DefaultPolicy(), "", nil
	}
	names := file.Names()
	name := t.circuit
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	c, found := file.Circuits[name]
	switch {
	case found:
		return c.Policy, name + ": ", nil
	case name == "":
		return policy, "", usage("simulate: the file has %d circuits; choose one with --circuit: %s", len(names), shorten(strings.Join(names, ", ")))
	}
	text := fmt.Sprintf("no circuit %s in the file", quote(name))
	if best, found := config.Closest(name, names); found {
		text += "; did you mean " + best + "?"
	}
	return policy, "", withCode(exitNotFound, "%s", text)
}
