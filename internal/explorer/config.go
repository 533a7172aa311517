package explorer

import "github.com/recloser-dev/recloser"

// Config is a fleet, and what may befall it. All lengths of its policy but
// call.reserve are whole seconds: that is the tick in which time passes.
type Config struct {
	Policy recloser.Policy
	Window Window
	// Mutant is what is wrong with the protocol. The zero Mutant is nothing.
	Mutant Mutant
	// Skew has an entry for each environment: by how many seconds its wall clock
	// is ahead. At most three.
	Skew []int
	// Generations is the highest generation from which anything happens. The
	// first is 1, in which the circuit is open and may be probed.
	Generations int
	// Calls is how many calls the fleet makes at most, as many of them at a time as
	// its environments have callers.
	Calls uint8
	// Faults is how many operations of the store fail at most; Late how many of
	// their writes are on their way at a time, at most two.
	Faults uint8
	Late   int
	// Freezes, Kills and Pauses are how often an environment is frozen, dies, or
	// has one of its callers stand still before its call.
	Freezes, Kills, Pauses uint8
	// Limit ends the search after so many states. 0 is no limit.
	Limit int
}
