package explorer

// Report is what a search has seen.
type Report struct {
	// States are the different ones of the whole fleet.
	States int
	// Transitions are the ways between them.
	Transitions int
	// Depth is within how many steps of the first state all others are among them.
	Depth int
	// Complete is whether there are no others at all.
	Complete bool
	// Faults are how often each kind of fault befell a state.
	Faults map[string]int
	// Environments are the different states of one environment, and Runs the
	// steps that real breakers made to find them.
	Environments, Runs int
	// Broken is the law that is broken, if one is; Steps the length of the shortest
	// way there, and Way that way.
	Broken string
	Steps  int
	Way    Timeline
}

// search is a search under way.
type search struct {
	*space
	visited *visited
	calm    *calm
	report  Report
	all     []choice
}

// Explore goes through all that can happen to a fleet, breadth first, until a law is
// broken or there is nothing more. The error is that of a fingerprint which leaves out
// what has a consequence.
func Explore(c Config) (Report, error) {
	x := newSpace(c)
	s := &search{
		space: x, visited: newVisited(), calm: newCalm(x),
		report: Report{Depth: -1, Faults: make(map[string]int)},
	}
	first, _ := x.first()
	s.visited.add(first, noParent, choice{})
	path := s.run()
	r := &s.report
	r.States, r.Environments, r.Runs = len(s.visited.states), len(x.locals), x.runs
	if r.Broken == "" {
		return *r, nil
	}
	r.Steps = len(path)
	var err error
	r.Way, err = x.draw(path)
	return *r, err
}

// run returns the way to what breaks a law, if anything does.
func (s *search) run() []choice {
	r, v := &s.report, s.visited
	level := 0 // the end of the states that are as far from the first as this one
	for n := 0; n < len(v.states); n++ {
		if n == level {
			level = len(v.states)
			r.Depth++
		}
		if limit := s.config.Limit; limit > 0 && len(v.states) >= limit {
			return nil
		}
		if r.Broken = s.calm.check(v.states[n]); r.Broken != "" {
			return v.path(uint32(n))
		}
		if way, broken := s.expand(uint32(n)); broken {
			return append(v.path(uint32(n)), way)
		}
	}
	r.Complete = true
	return nil
}

// expand adds the states that follow the n-th, and returns the choice that breaks a
// law.
func (s *search) expand(n uint32) (choice, bool) {
	r, from := &s.report, s.visited.states[n]
	s.all = s.choices(from, s.all[:0])
	for _, way := range s.all {
		r.Transitions++
		if fault := faults[way.kind]; fault != "" {
			r.Faults[fault]++
		}
		next, did := s.take(from, way)
		if did.refused != "" {
			r.Broken = did.refused
			return way, true
		}
		s.visited.add(next, n, way)
	}
	return choice{}, false
}
