package simulator

// actor is something that acts when its time has come.
type actor interface{ act(w *world) }

// event is what will happen at a moment.
type event struct {
	at int64
	// number orders what happens at the same moment: first said, first done.
	number uint64
	// env is whose event it is: it waits while the environment is frozen, and is
	// forgotten when it dies. An event of the world has none.
	env *environment
	do  actor
}

func (e *event) before(f *event) bool {
	return e.at < f.at || (e.at == f.at && e.number < f.number)
}

// agenda is all that will happen, the next first: a heap of four children to a
// node, which is shallow.
type agenda struct {
	events []event
	said   uint64
}

const children = 4

func (a *agenda) add(at int64, env *environment, do actor) {
	a.said++
	a.events = append(a.events, event{at, a.said, env, do})
	i := len(a.events) - 1
	for e := a.events[i]; i > 0; {
		parent := (i - 1) / children
		if !e.before(&a.events[parent]) {
			break
		}
		a.events[i], a.events[parent] = a.events[parent], e
		i = parent
	}
}

// next takes the next event off.
func (a *agenda) next() (event, bool) {
	if len(a.events) == 0 {
		return event{}, false
	}
	first, last := a.events[0], len(a.events)-1
	e := a.events[last]
	a.events[last] = event{}
	a.events = a.events[:last]
	if last > 0 {
		a.sink(e)
	}
	return first, true
}

// sink puts e where it belongs, beginning at the top.
func (a *agenda) sink(e event) {
	i, n := 0, len(a.events)
	for {
		least, first := -1, i*children+1
		for c := first; c < min(first+children, n); c++ {
			if least < 0 || a.events[c].before(&a.events[least]) {
				least = c
			}
		}
		if least < 0 || !a.events[least].before(&e) {
			break
		}
		a.events[i] = a.events[least]
		i = least
	}
	a.events[i] = e
}
