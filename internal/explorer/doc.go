// Package explorer leads a small fleet of real breakers through everything that can
// befall it, and looks after each step whether a law of LAWS.md is broken.
//
// # What is real
//
// Each environment is a [recloser.Breaker] as [recloser.New] makes it, with all of its
// admission, sharing, turns, sweeps, outages and settlement; the only difference is that
// the policy is not asked whether it is sound, so that one may be that is not. It is
// used as users do, by Allow and what Do does with a permit. The store's writes are
// [recloser.Record.Apply]. Nothing of the protocol is written here a second time.
//
// # What is the explorer's
//
//   - The goroutines of an environment (two callers, and the timer that looks at calls in
//     flight) are coroutines. Each runs until it asks the store, waits for another's
//     read, has a permit, or is about to make its call; which one goes on is a choice. What
//     a breaker does between two of these it does at once: the race detector and the tests
//     of concurrency look inside.
//   - Time passes in ticks of a second, of which every length of the policy is a whole
//     number, and only when nobody has anything to do that takes no time, but for those
//     who are frozen or stand still. The wall clock does not step; it may be ahead.
//   - The store is one record, and what is on its way to it and back.
//   - Coins show 0. No evidence is told: what opens a closed circuit is a choice, too.
//     Overrides, ramps and the own circuit of an environment are not explored.
//
// # What befalls a fleet
//
// Every order of all steps, and as many of these as [Config] says: an operation of the
// store is lost; a write is made and its acknowledgement lost; a write arrives after its
// writer gave up; an environment is frozen, at any step and for any time; it dies, and
// another is born in its place; a caller stands still before or after its last look at
// the clock. Calls succeed, fail, or are given up by their callers, at any tick until
// their deadline.
//
// # How
//
// What a breaker does depends on its state alone, so it is run only once for each state
// and step: [automaton] remembers where that led. A state is found again by its
// fingerprint, all of what is inside a breaker and its callers that has a consequence, seen
// from now: ages instead of moments, and none that is longer than anything may last.
// To make a step from a state the breaker is brought there from its beginning by the
// steps that led there first. [Walk] shows that nothing is left out: it takes long ways with
// breakers that live through them, and compares each with the state that others were found in.
//
// A state of the fleet is a few numbers: the record's, those of its environments, what is
// on its way, and how much has befallen it. Environments, and the callers of one, that
// differ in nothing are interchangeable, so they stand in one order. States are compared
// whole, not by a hash, so none is taken for another. (Where in the code a caller stands
// is a 64-bit hash of its call stack; there are a few hundred, so the odds that two are one are
// below 2⁻⁴⁸.) Steps that concern one environment alone are not interleaved with
// those of others: see ahead.go for why that hides nothing.
//
// The search goes breadth first, so that the way to what breaks a law is a shortest one. It is
// drawn as a [Timeline]; testdata has those of the protocol without each of its rules.
//
// # The laws
//
//   - S1, S1b: no more calls of probes are at the dependency than may be, of all
//     generations together; but for those whose callers stood still, by themselves or frozen
//     with their environment, after their last look at the clock, for as long as the margin
//     less what clocks are apart.
//   - S2: no write changes another generation than its own, and a transition raises it by one.
//   - S3: no call goes on a claim that the store has not made.
//   - S7: a probe counts as what it came to; one that is ignored counts as nothing, and its
//     slot is free.
//   - S8, L1: from every state a fleet that nothing befalls any more, with a call of each environment in
//     each tick, closes the circuit: within lease, margin and skew if it does not open again,
//     and max_cooldown later if it does. So no state is wedged.
package explorer
