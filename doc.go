// Package recloser is a circuit breaker that a whole fleet shares.
//
// A function on AWS Lambda runs in thousands of short-lived environments. A
// breaker in the memory of one of them is useless: it is born closed, sees one
// call at a time, and dies with what it learned. So the circuit is a [Record] in
// a [Store] that all environments share, a [Policy] says by which rules it
// opens and closes, and each environment has a [Breaker] with a view of it. The
// healthy path touches neither network nor disk, and allocates nothing.
//
//	b, err := recloser.New("payments", func(o *recloser.Options) { o.Store = store })
//	…
//	err = b.Do(ctx, func(ctx context.Context) error { return charge(ctx, order) })
//	if errors.Is(err, recloser.ErrOpen) {
//		// The dependency was not called.
//	}
//
// Without a store the same breaker is one of its process. [Call] is Do for calls
// that return a value, [Breaker.Allow] is for calls that cannot be put into a
// function, and a [Panel] holds the breakers of a process by name and partition.
//
// # States
//
//	          too many failed or slow
//	┌────────┐  ───────────────────▶  ┌────────┐
//	│ closed │                        │  open  │ ◀─┐
//	└────────┘  ◀──┐                  └────────┘   │
//	(ramps up)     │ enough probes        │        │ a probe
//	               │ succeeded            ▼        │ failed
//	               │                ┌───────────┐  │
//	               └─────────────── │ half-open │ ─┘
//	                                └───────────┘
//
// An operator's override stands beside the state. Every transition raises the
// generation of the record, every write names the generation it was made under,
// and an outcome of one generation never moves another.
//
// # The core and the rest
//
// Policy, record, writes and the rules between them are pure functions of values
// and the time: [Policy.Admit], [Policy.Due], [Policy.Judge], [Record.Apply].
// Whoever speaks to the same circuit by other means, a workflow or a library in
// another language, follows the same rules; spec/protocol.md states them, and
// spec/scenarios shows them.
package recloser
