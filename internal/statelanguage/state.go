package statelanguage

import (
	"math"
	"time"
)

// do is what a state does: it returns what it puts out, and the state that
// follows, or none.
func (v *visit) do() (output any, next string, failure *Failure) {
	switch v.state.Type {
	case "Task", "Map", "Parallel":
		return v.work()
	case "Choice":
		return v.choose()
	case "Wait":
		return v.wait()
	case "Fail":
		return v.fail()
	}
	// A Pass or a Succeed.
	states := v.states(nil)
	output, failure = v.leave(v.state.Assign, v.state.Output, states, v.input)
	return output, v.state.Next, failure
}

func (v *visit) choose() (any, string, *Failure) {
	states := v.states(nil)
	var conditions []any
	for i := range v.state.Choices {
		conditions = append(conditions, v.state.Choices[i].Condition)
	}
	values, problem := v.evaluate(expressionsOf(conditions, nil), v.bindings(states))
	for i := range v.state.Choices {
		rule := &v.state.Choices[i]
		if i >= len(values) {
			return nil, "", problem
		}
		value := values[i]
		holds, ok := value.(bool)
		if !ok {
			return nil, "", failf(ErrQueryEvaluationError, "state %s: a condition comes to %v, and must be true or false", v.name, value)
		}
		if holds {
			output, failure := v.leave(rule.Assign, rule.Output, states, v.input)
			return output, rule.Next, failure
		}
	}
	if v.state.Default == "" {
		return nil, "", failf(ErrRuntime, "state %s: no rule holds, and there is no Default", v.name)
	}
	output, failure := v.leave(v.state.Assign, v.state.Output, states, v.input)
	return output, v.state.Default, failure
}

func (v *visit) wait() (any, string, *Failure) {
	w := v.execution.account.world
	states := v.states(nil)
	if v.state.Timestamp != nil {
		value, failure := v.fill(v.state.Timestamp, states)
		if failure != nil {
			return nil, "", failure
		}
		text, _ := value.(string)
		until, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, "", failf(ErrRuntime, "state %s: %v is no timestamp", v.name, value)
		}
		w.Sleep(until.Sub(w.Now()))
	} else {
		seconds, failure := v.whole(v.state.Seconds, states, "Seconds")
		if failure != nil {
			return nil, "", failure
		}
		w.Sleep(time.Duration(seconds) * time.Second)
	}
	output, failure := v.leave(v.state.Assign, v.state.Output, states, v.input)
	return output, v.state.Next, failure
}

func (v *visit) fail() (any, string, *Failure) {
	states := v.states(nil)
	text := func(template any) (string, *Failure) {
		if template == nil {
			return "", nil
		}
		value, failure := v.fill(template, states)
		if failure != nil {
			return "", failure
		}
		s, ok := value.(string)
		if !ok {
			return "", failf(ErrQueryEvaluationError, "state %s: an error and its cause are texts, unlike %v", v.name, value)
		}
		return s, nil
	}
	name, failure := text(v.state.Error)
	if failure != nil {
		return nil, "", failure
	}
	cause, failure := text(v.state.Cause)
	if failure != nil {
		return nil, "", failure
	}
	return nil, "", &Failure{Name: name, Cause: cause}
}

// work is a state that may fail, be tried again, and be caught.
func (v *visit) work() (any, string, *Failure) {
	for {
		states := v.states(nil)
		result, failure := v.attempt(states)
		if failure == nil {
			states = v.states(map[string]any{"result": result})
			output, problem := v.leave(v.state.Assign, v.state.Output, states, result)
			if problem == nil {
				return output, v.state.Next, nil
			}
			failure = problem
		}
		delay, again := v.again(failure)
		if !again {
			return v.caught(failure)
		}
		v.execution.Transitions++
		v.execution.Visited[v.record].Errors = append(v.execution.Visited[v.record].Errors, failure.Name)
		v.retried++
		v.execution.account.world.Sleep(delay)
	}
}

// attempt makes one attempt.
func (v *visit) attempt(states map[string]any) (any, *Failure) {
	var result any
	var failure *Failure
	switch v.state.Type {
	case "Task":
		result, failure = v.call(states)
	case "Map":
		result, failure = v.iterate(states)
	default:
		result, failure = v.branch(states)
	}
	if failure == nil && size(result) > MaxData {
		return nil, failf(ErrDataLimitExceeded, "The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", v.name)
	}
	return result, failure
}

// again returns how long to wait before another attempt, if a retrier asks for
// one.
func (v *visit) again(f *Failure) (time.Duration, bool) {
	for i := range v.state.Retry {
		r := &v.state.Retry[i]
		if !f.matches(r.ErrorEquals) {
			continue
		}
		most := 3
		if r.MaxAttempts != nil {
			most = *r.MaxAttempts
		}
		if v.retries[i] >= most {
			return 0, false
		}
		v.retries[i]++
		v.execution.Visited[v.record].Retried = append(v.execution.Visited[v.record].Retried, i)
		return r.delay(v.retries[i], v.execution.account.engine.Random), true
	}
	return 0, false
}

// delay returns how long to wait before the n-th retry.
func (r *Retrier) delay(n int, random func() float64) time.Duration {
	interval, rate := 1.0, 2.0
	if r.IntervalSeconds != nil {
		interval = float64(*r.IntervalSeconds)
	}
	if r.BackoffRate != nil {
		rate = *r.BackoffRate
	}
	seconds := interval * math.Pow(rate, float64(n-1))
	if r.MaxDelaySeconds != nil {
		seconds = min(seconds, float64(*r.MaxDelaySeconds))
	}
	if r.JitterStrategy == "FULL" {
		seconds *= random()
	}
	return time.Duration(seconds * float64(time.Second))
}

// caught is what the first catcher that takes the failure makes of it.
func (v *visit) caught(f *Failure) (any, string, *Failure) {
	v.execution.Visited[v.record].Errors = append(v.execution.Visited[v.record].Errors, f.Name)
	for i := range v.state.Catch {
		c := &v.state.Catch[i]
		if f.matches(c.ErrorEquals) {
			v.execution.Visited[v.record].Caught = i + 1
			states := v.states(map[string]any{"errorOutput": f.output()})
			output, failure := v.leave(c.Assign, c.Output, states, f.output())
			return output, c.Next, failure
		}
	}
	return nil, "", f
}
