package recloser_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
)

var errScenarioCall = errors.New("the dependency failed")

// behave lets environments make calls.
func (s *scenario) behave(names []string, w *scenarioWords) ([]string, error) {
	var envs []*scenarioEnvironment
	if len(w.left) == 0 {
		return nil, errors.New("does what?")
	}
	for _, name := range names {
		e, err := s.environment(name)
		if err != nil {
			return nil, err
		}
		if e.frozen() {
			return nil, fmt.Errorf("%s is frozen until %v", name, e.thaw)
		}
		envs = append(envs, e)
	}
	switch verb := w.next(); verb {
	case "status":
		return describeStatus(envs[0].breaker.Status()), nil
	case "refreshes":
		status, err := envs[0].breaker.Refresh(s.tb.Context())
		said := describeStatus(status)
		if err != nil {
			said = append(said, "the store does not answer")
		}
		return said, nil
	case "begins", "ends":
		return nil, envs[0].part(verb == "begins", w)
	default:
		return nil, s.flow(envs, strings.Split(verb, ","), w)
	}
}

// flow makes one call after another: environments and outcomes take turns.
func (s *scenario) flow(envs []*scenarioEnvironment, verbs []string, w *scenarioWords) error {
	n, err := w.times()
	if err != nil {
		return err
	}
	start, every := s.now, time.Duration(0)
	if w.take("every") {
		s.terse = true
		if every, err = w.duration(); err != nil {
			return err
		}
	}
	for i := range n {
		s.advance(start + time.Duration(i)*every)
		e := envs[i%len(envs)]
		said, err := e.call(verbs[i%len(verbs)])
		if err != nil {
			return err
		}
		s.say(e.name, said)
	}
	return nil
}

// times reads how often: "x10", or once.
func (w *scenarioWords) times() (int, error) {
	if len(w.left) == 0 || !strings.HasPrefix(w.left[0], "x") {
		return 1, nil
	}
	n, err := strconv.Atoi(w.next()[1:])
	if err != nil || n < 1 {
		return 0, errors.New("how often is written as x10")
	}
	return n, nil
}

// part begins a call, or a number of them, or ends them.
func (e *scenarioEnvironment) part(begins bool, w *scenarioWords) error {
	label := w.next()
	if begins {
		n, err := w.times()
		for range n {
			p, err := e.breaker.Allow(e.world.tb.Context())
			if err == nil {
				e.calls[label] = append(e.calls[label], p)
			}
			e.world.say(e.name, e.admission(p, err))
		}
		return err
	}
	calls := e.calls[label]
	if len(calls) == 0 {
		return fmt.Errorf("%s has not begun %q", e.name, label)
	}
	verb := w.next()
	for _, p := range calls {
		settlement, err := settle(p, verb)
		if err != nil {
			return err
		}
		e.world.say(e.name, settlement.String())
	}
	return nil
}

// call makes a whole call that takes no time.
func (e *scenarioEnvironment) call(verb string) (string, error) {
	if verb == "gives-up" || verb == "panics" {
		return e.do(verb)
	}
	p, rejection := e.breaker.Allow(e.world.tb.Context())
	said := e.admission(p, rejection)
	if rejection == nil {
		settlement, err := settle(p, verb)
		return said + ", " + settlement.String(), err
	}
	return said, nil
}

// do makes a call that ends by neither a result nor an error of its own.
func (e *scenarioEnvironment) do(verb string) (said string, err error) {
	ctx, cancel := context.WithCancel(e.world.tb.Context())
	defer cancel()
	defer func() {
		if recover() != nil {
			said = "admitted, panicked"
		}
	}()
	err = e.breaker.Do(ctx, func(ctx context.Context) error {
		if verb == "panics" {
			panic(errScenarioCall)
		}
		cancel()
		return ctx.Err()
	})
	if errors.Is(err, recloser.ErrOpen) {
		return e.admission(recloser.Permit{}, err), nil
	}
	return "admitted, the caller gave up", nil
}

// settle ends a call by "succeeds", "fails", "ignores", or "fails:30s": the
// dependency asked to be left alone for that long.
func settle(p recloser.Permit, verb string) (recloser.Settlement, error) {
	verb, asked, asks := strings.Cut(verb, ":")
	switch {
	case verb == "fails" && asks:
		d, err := time.ParseDuration(asked)
		return p.FailureAfter(d), err
	case verb == "succeeds":
		return p.Success(), nil
	case verb == "fails":
		return p.Failure(), nil
	case verb == "ignores":
		return p.Ignore(), nil
	}
	p.Ignore()
	return 0, fmt.Errorf("a call succeeds, fails, ignores, gives-up or panics, not %q", verb)
}

// admission says whether a call may be made.
func (e *scenarioEnvironment) admission(p recloser.Permit, err error) string {
	var turnedAway *recloser.OpenError
	switch {
	case errors.As(err, &turnedAway) && e.world.terse:
		return fmt.Sprintf("rejected: %s", turnedAway.Reason)
	case errors.As(err, &turnedAway):
		return fmt.Sprintf("rejected: %s, retry after %v", turnedAway.Reason, turnedAway.RetryAfter)
	case p.Probe():
		return "admitted as a probe"
	}
	return "admitted"
}

// token returns what no other environment returns, and none twice.
func (e *scenarioEnvironment) token() string {
	e.tokens++
	return fmt.Sprintf("%s-%d", e.name, e.tokens)
}
