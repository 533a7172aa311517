package statelanguage

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// call makes one call of a task.
func (v *visit) call(states map[string]any) (any, *Failure) {
	e := v.execution
	a, w := e.account, e.account.world
	e.Events += 2 // It was scheduled and started.
	var arguments any
	if v.state.Arguments != nil {
		filled, failure := v.fill(v.state.Arguments, states)
		if failure != nil {
			return nil, failure
		}
		arguments = filled
	} else {
		arguments = v.input
	}
	if n := size(arguments); n > MaxData {
		return nil, failf(ErrDataLimitExceeded, "The state %s passes arguments with %d bytes, and may pass %d.", v.name, n, MaxData)
	}
	var end time.Time
	if v.state.TimeoutSeconds != nil {
		seconds, failure := v.whole(v.state.TimeoutSeconds, states, "TimeoutSeconds")
		if failure != nil {
			return nil, failure
		}
		end = w.Now().Add(time.Duration(seconds) * time.Second)
	}
	name := strings.TrimPrefix(v.state.Resource, resourcePrefix)
	task := a.Tasks[name]
	if task == nil {
		return nil, failf(ErrRuntime, "there is no service %q", name)
	}
	if e.Express && (strings.Contains(name, ".sync") || strings.Contains(name, ".waitForTaskToken")) {
		return nil, failf(ErrRuntime, "an express execution cannot wait for %q", name)
	}
	var result any
	var err error
	done := false
	waiter := w.current
	w.spawn(func() {
		call := &Invocation{Arguments: copyOf(arguments), Execution: e, State: v.name, world: w}
		answered := false
		if a.Intercept != nil {
			answered, result, err = a.Intercept(call)
		}
		if !answered {
			result, err = task(call)
		}
		if !done {
			done = true
			w.unpark(waiter)
		}
	})
	if !w.park(end) {
		done = true // Whatever it comes to, nobody learns.
		e.Events++
		return nil, failf(ErrTimeout, "the task took longer than its TimeoutSeconds")
	}
	e.Events++
	if strings.Contains(name, ".sync") {
		e.Events++ // It was submitted.
	}
	if err != nil {
		return nil, failureOf(err)
	}
	return copyOf(result), nil
}

// iterate runs the processor of a Map for each item.
func (v *visit) iterate(states map[string]any) (any, *Failure) {
	items := v.input
	if v.state.Items != nil {
		filled, failure := v.fill(v.state.Items, states)
		if failure != nil {
			return nil, failure
		}
		items = filled
	}
	list, ok := items.([]any)
	if !ok {
		return nil, failf(ErrQueryEvaluationError, "state %s: the items are no list, but %.100v", v.name, items)
	}
	most := 0
	if v.state.MaxConcurrency != nil {
		n, failure := v.whole(v.state.MaxConcurrency, states, "MaxConcurrency")
		if failure != nil {
			return nil, failure
		}
		most = n
	}
	// An inline map has at most 40 iterations at a time.
	const inline = 40
	if most == 0 || most > inline {
		most = inline
	}
	v.execution.Events++ // It started.
	return v.together(len(list), most, func(i int) (any, *Failure) {
		v.execution.Events++ // The iteration started.
		s := &scope{
			execution: v.execution, machine: v.state.ItemProcessor, outer: v.scope, variables: map[string]any{},
			item: map[string]any{"Index": i, "Value": list[i]},
		}
		input := list[i]
		if v.state.ItemSelector != nil {
			of := *v
			of.scope = s
			filled, failure := v.fillWith(v.state.ItemSelector, v.bindings(of.states(nil)))
			if failure != nil {
				return nil, failure
			}
			input = filled
		}
		result, failure := s.run(input)
		v.execution.Events++ // It ended.
		return result, failure
	})
}

// branch runs the branches of a Parallel.
func (v *visit) branch(states map[string]any) (any, *Failure) {
	input := v.input
	if v.state.Arguments != nil {
		filled, failure := v.fill(v.state.Arguments, states)
		if failure != nil {
			return nil, failure
		}
		input = filled
	}
	v.execution.Events++ // It started.
	n := len(v.state.Branches)
	return v.together(n, n, func(i int) (any, *Failure) {
		s := &scope{execution: v.execution, machine: v.state.Branches[i], outer: v.scope, variables: map[string]any{}}
		return s.run(copyOf(input))
	})
}

// together runs n parts, at most so many at a time. The first that fails ends
// all others.
func (v *visit) together(n, most int, part func(int) (any, *Failure)) (any, *Failure) {
	w, e := v.execution.account.world, v.execution
	results := make([]any, n)
	var failure *Failure
	next, running := 0, 0
	waiter, ended := w.current, false
	var threads []*thread
	var begin func()
	begin = func() {
		i := next
		next++
		running++
		t := w.spawn(func() {
			result, f := part(i)
			running--
			if ended {
				return
			}
			results[i] = result
			switch {
			case f != nil:
				failure, ended = f, true
				w.unpark(waiter)
			case next < n:
				begin()
			case running == 0:
				ended = true
				w.unpark(waiter)
			}
		})
		threads = append(threads, t)
		e.children = append(e.children, t)
	}
	for next < min(n, most) {
		begin()
	}
	if n > 0 {
		w.park(time.Time{})
	}
	for _, t := range threads {
		w.end(t)
	}
	e.children = slices.DeleteFunc(e.children, func(t *thread) bool { return slices.Contains(threads, t) })
	e.Events++ // It succeeded, or failed.
	if failure != nil {
		return nil, failure
	}
	return results, nil
}

// Failed returns the error of a task by its name.
func Failed(name, format string, args ...any) error {
	return &Failure{Name: name, Cause: fmt.Sprintf(format, args...)}
}
