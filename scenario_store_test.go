package recloser_test

import (
	"context"
	"errors"
	"time"

	"github.com/recloser-dev/recloser"
)

var (
	errScenarioStore   = errors.New("connection refused")
	errScenarioTimeout = context.DeadlineExceeded
)

// scenarioStore is a memory store with the faults a network adds.
type scenarioStore struct {
	world  *scenario
	memory recloser.MemoryStore
	// planted are records that no breaker would have written.
	planted map[string]recloser.Record

	down  bool
	takes time.Duration
	late  []lateWrite
	// next is the fault of the next write.
	fault storeFault
	delay time.Duration

	reads, writes, conflicts int
}

type storeFault uint8

const (
	noFault storeFault = iota
	// losesAnswer applies the write and does not say so.
	losesAnswer
	// cutsAnswer applies it and breaks the connection at once.
	cutsAnswer
	// losesWrite neither applies it nor says so.
	losesWrite
	// delaysWrite applies it after its writer gave up.
	delaysWrite
	// freezesWriter applies it, and its writer is frozen before it learns so.
	freezesWriter
)

type lateWrite struct {
	at    time.Duration
	env   *scenarioEnvironment
	key   string
	write recloser.Write
}

// scenarioClient is the store as one environment sees it.
type scenarioClient struct {
	*scenarioStore
	env *scenarioEnvironment
}

func (s *scenarioStore) of(e *scenarioEnvironment) recloser.Store { return scenarioClient{s, e} }

// Load implements [recloser.Store].
func (c scenarioClient) Load(ctx context.Context, key string) (recloser.Record, error) {
	c.reads++
	if c.down {
		return recloser.Record{}, errScenarioStore
	}
	if c.takes > recloser.DefaultStoreTimeout {
		c.world.now += recloser.DefaultStoreTimeout
		return recloser.Record{}, errScenarioTimeout
	}
	c.world.now += c.takes
	return c.load(ctx, key)
}

// Apply implements [recloser.Store].
func (c scenarioClient) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	c.writes++
	fault, delay := c.fault, c.delay
	c.fault = noFault
	if c.takes > recloser.DefaultStoreTimeout {
		fault, delay = delaysWrite, c.takes
	}
	switch {
	case c.down:
		return recloser.Record{}, errScenarioStore
	case fault == losesAnswer:
		_, _ = c.apply(ctx, key, w)
		c.world.now += recloser.DefaultStoreTimeout
		return recloser.Record{}, errScenarioTimeout
	case fault == cutsAnswer:
		_, _ = c.apply(ctx, key, w)
		return recloser.Record{}, errScenarioStore
	case fault == losesWrite:
		c.world.now += recloser.DefaultStoreTimeout
		return recloser.Record{}, errScenarioTimeout
	case fault == delaysWrite:
		c.late = append(c.late, lateWrite{c.world.now + delay, c.env, key, w})
		c.world.now += recloser.DefaultStoreTimeout
		return recloser.Record{}, errScenarioTimeout
	}
	c.world.now += c.takes
	r, err := c.apply(ctx, key, w)
	if fault == freezesWriter {
		c.env.freeze(delay)
		c.world.advance(c.world.now + delay)
	}
	if errors.Is(err, recloser.ErrConflict) {
		c.conflicts++
	}
	return r, err
}

func (s *scenarioStore) load(ctx context.Context, key string) (recloser.Record, error) {
	if r, found := s.planted[key]; found {
		return r, r.Check()
	}
	return s.memory.Load(ctx, key)
}

func (s *scenarioStore) apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	r, found := s.planted[key]
	if !found {
		return s.memory.Apply(ctx, key, w)
	}
	if err := r.Check(); err != nil {
		return recloser.Record{}, err
	}
	next, ok := r.Apply(w)
	if !ok {
		return r, recloser.ErrConflict
	}
	s.planted[key] = next
	return next, nil
}

// plant puts a record there that no breaker would have written.
func (s *scenarioStore) plant(key string, r recloser.Record) {
	if s.planted == nil {
		s.planted = make(map[string]recloser.Record)
	}
	s.planted[key] = r
}

// raw returns the record as it stands, whatever its schema.
func (s *scenarioStore) raw(key string) recloser.Record {
	if r, found := s.planted[key]; found {
		return r
	}
	r, _ := s.memory.Load(context.Background(), key)
	return r
}

// next returns the write that arrives next, and when.
func (s *scenarioStore) next() (at time.Duration, run func()) {
	first := -1
	for i := range s.late {
		if first < 0 || s.late[i].at < s.late[first].at {
			first = i
		}
	}
	if first < 0 {
		return 0, nil
	}
	w := s.late[first]
	return w.at, func() {
		s.late = append(s.late[:first:first], s.late[first+1:]...)
		text := "applies a late write of " + w.env.name
		if _, err := s.apply(context.Background(), w.key, w.write); err != nil {
			text = "refuses a late write of " + w.env.name
		}
		s.world.say("store", "* "+text)
	}
}
