// Package simulator plays a fleet on virtual time: hundreds of environments that
// share a circuit, their clocks, their store and what they call, with everything
// that goes wrong in the field. Breakers and their core are the real ones; the
// rest is a model.
//
// A [Scenario] is plain data, and [Run] plays it. Nothing in a run is left to a
// scheduler, a map or the machine's clock: one seed is one run, to the bit, however
// many processors there are. So a seed that shows a fault shows it again.
//
//	s := simulator.DefaultScenario()
//	s.Seed = 7
//	s.Dependency = append(s.Dependency, simulator.Phase{From: 10 * time.Second, Failing: 1})
//	result, err := simulator.Run(ctx, s, simulator.NewTrace(os.Stdout))
//
// After every step an omniscient checker holds the laws that every run must keep,
// at most so many probes in flight at the dependency among them; what it finds is
// in [Result.Violations].
package simulator
