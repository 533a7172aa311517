package explorer

import "github.com/recloser-dev/recloser"

// Mutant is one thing that is wrong with the protocol, where the real code lets it be
// put in: in the policy, in the store, in what makes tokens, or between the permit and
// its call. The breakers themselves stay as they are.
type Mutant struct {
	// Policy changes the policy that breakers go by. The laws are those of the
	// policy before.
	Policy func(*recloser.Policy)
	// AnyHolder lets the store make a claim whoever holds its slot, AnyGeneration
	// every write whatever generation it was made under.
	AnyHolder, AnyGeneration bool
	// Owner returns what an environment calls each of its attempts to claim, if
	// they have no token of their own; ahead is by how much its clock is ahead.
	Owner func(ahead int) uint8
	// Unchecked leaves out the look at the clock before a call.
	Unchecked bool
	// Believes takes a claim of which the store has said nothing for made.
	Believes bool
}

// mutated returns the policy that breakers go by.
func (c Config) mutated() recloser.Policy {
	p := c.Policy
	if c.Mutant.Policy != nil {
		c.Mutant.Policy(&p)
	}
	return p
}

// written returns the write that the store makes of w at r.
func (m Mutant) written(r relative, w relativeWrite) relativeWrite {
	if m.AnyGeneration {
		w.generation = r.generation
	}
	if m.AnyHolder && w.kind == aClaim {
		w.was = r.tokens[w.slot]
	}
	return w
}
