package storetest_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/recloser-dev/recloser"
)

// bent is a store that keeps and answers what bend makes of a write, and is else
// as it should be.
type bent struct {
	mu      sync.Mutex
	records map[string]recloser.Record
	// bend returns what is kept and what is answered; next is what should be.
	bend func(before recloser.Record, w recloser.Write, next recloser.Record, made bool) (kept, said recloser.Record, err error)
	// fold returns the key under which the record of another is kept.
	fold func(key string) string
	// unversioned makes it read records of any schema.
	unversioned bool
}

func (s *bent) Load(ctx context.Context, key string) (recloser.Record, error) {
	if err := ctx.Err(); err != nil {
		return recloser.Record{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[s.where(key)]
	return r, s.check(r)
}

func (s *bent) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	if err := ctx.Err(); err != nil {
		return recloser.Record{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.records == nil {
		s.records = make(map[string]recloser.Record)
	}
	before := s.records[s.where(key)]
	if err := s.check(before); err != nil {
		return recloser.Record{}, err
	}
	next, made := before.Apply(w)
	bend := s.bend
	if bend == nil {
		bend = honest
	}
	kept, said, err := bend(before, w, next, made)
	s.records[s.where(key)] = kept
	return said, err
}

func (s *bent) check(r recloser.Record) error {
	if s.unversioned {
		return nil
	}
	return r.Check()
}

func (s *bent) where(key string) string {
	if s.fold == nil {
		return key
	}
	return s.fold(key)
}

func honest(_ recloser.Record, _ recloser.Write, next recloser.Record, made bool) (kept, said recloser.Record, err error) {
	if !made {
		return next, next, recloser.ErrConflict
	}
	return next, next, nil
}

// keeping returns a store that keeps and answers what change makes of the record
// after a write that is made.
func keeping(change func(before recloser.Record, w recloser.Write, next *recloser.Record)) *bent {
	return &bent{bend: func(before recloser.Record, w recloser.Write, next recloser.Record, made bool) (kept, said recloser.Record, err error) {
		if made {
			change(before, w, &next)
		}
		return honest(before, w, next, made)
	}}
}

// answering returns a store that answers a write that conflicts by what answer
// makes of it.
func answering(answer func(stands recloser.Record) (recloser.Record, error)) *bent {
	return &bent{bend: func(_ recloser.Record, _ recloser.Write, next recloser.Record, made bool) (kept, said recloser.Record, err error) {
		if made {
			return next, next, nil
		}
		said, err = answer(next)
		return next, said, err
	}}
}

// blind is a store that makes a write as if it had been made by one who has seen
// the record as change makes it seem.
func blind(change func(stands recloser.Record, w recloser.Write) recloser.Write) *bent {
	return &bent{bend: func(before recloser.Record, w recloser.Write, _ recloser.Record, _ bool) (kept, said recloser.Record, err error) {
		w = change(before, w)
		next, made := before.Apply(w)
		return honest(before, w, next, made)
	}}
}

// torn reads and writes without anything to hold the two together.
type torn struct{ bent }

func (s *torn) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	before, err := s.Load(ctx, key)
	if err != nil {
		return before, err
	}
	next, made := before.Apply(w)
	if !made {
		return before, recloser.ErrConflict
	}
	for range 8 {
		runtime.Gosched()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.records == nil {
		s.records = make(map[string]recloser.Record)
	}
	s.records[key] = next
	return next, nil
}

// lagging reads from a replica that is behind while others are at work.
type lagging struct {
	recloser.MemoryStore
	working atomic.Int32
	replica sync.Map
}

func (s *lagging) Load(ctx context.Context, key string) (recloser.Record, error) {
	if s.working.Load() > 0 {
		if r, ok := s.replica.Load(key); ok {
			return r.(recloser.Record), ctx.Err()
		}
	}
	r, err := s.MemoryStore.Load(ctx, key)
	s.replica.Store(key, r)
	return r, err
}

func (s *lagging) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	s.working.Add(1)
	defer s.working.Add(-1)
	r, err := s.MemoryStore.Apply(ctx, key, w)
	runtime.Gosched()
	return r, err
}

// repeating makes a write again if it does not know what came of it.
type repeating struct {
	recloser.Store
	repeats func(recloser.Write) bool
}

func (s repeating) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	r, err := s.Store.Apply(ctx, key, w)
	for range 3 {
		if err == nil || errors.Is(err, recloser.ErrConflict) || !s.repeats(w) {
			break
		}
		r, err = s.Store.Apply(ctx, key, w)
	}
	return r, err
}

// deaf does not listen to its context.
type deaf struct {
	recloser.MemoryStore
	hang time.Duration
}

func (s *deaf) Load(ctx context.Context, key string) (recloser.Record, error) {
	return s.MemoryStore.Load(context.WithoutCancel(ctx), key)
}

func (s *deaf) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	if ctx.Err() != nil {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.hang)
		defer cancel()
		<-late.Done()
		return recloser.Record{}, ctx.Err()
	}
	return s.MemoryStore.Apply(ctx, key, w)
}

// deafWriter reads under its context, and writes under none.
type deafWriter struct {
	recloser.MemoryStore
	err error
}

func (s *deafWriter) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	r, err := s.MemoryStore.Apply(context.WithoutCancel(ctx), key, w)
	if ctx.Err() != nil {
		return recloser.Record{}, s.err
	}
	return r, err
}

// behind answers a write before it makes it.
type behind struct {
	recloser.MemoryStore
	mu    sync.Mutex
	queue map[string]recloser.Write
}

func (s *behind) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := s.queue[key]; last != nil {
		if _, err := s.MemoryStore.Apply(ctx, key, last); err != nil {
			return recloser.Record{}, err
		}
	}
	r, err := s.Load(ctx, key)
	next, made := r.Apply(w)
	if err != nil || !made {
		delete(s.queue, key)
		return r, errors.Join(err, recloser.ErrConflict)
	}
	if s.queue == nil {
		s.queue = make(map[string]recloser.Write)
	}
	s.queue[key] = w
	return next, nil
}

// indexed lists its circuits by list.
type indexed struct {
	recloser.MemoryStore
	list func(all []string, after string, limit int) []string
}

func (s *indexed) Keys(ctx context.Context, after string, limit int) ([]string, error) {
	all, err := s.MemoryStore.Keys(ctx, "", recloser.MaxMemoryRecords)
	return s.list(all, after, limit), err
}

// behindhand lists a circuit only when it has been asked for a while.
type behindhand struct {
	recloser.MemoryStore
	asked atomic.Int32
}

func (s *behindhand) Keys(ctx context.Context, after string, limit int) ([]string, error) {
	if s.asked.Add(1)%1000 != 0 {
		return nil, ctx.Err()
	}
	s.asked.Add(-1)
	return s.MemoryStore.Keys(ctx, after, limit)
}

// page returns what a sound index would.
func page(all []string, after string, limit int) []string {
	all = slices.DeleteFunc(all, func(key string) bool { return key <= after })
	return all[:min(limit, len(all))]
}

// throttled turns an operation away now and then.
type throttled struct {
	recloser.MemoryStore
	asked atomic.Int32
}

func (s *throttled) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	if s.asked.Add(1)%50 == 0 {
		return recloser.Record{}, errors.New("throttled")
	}
	return s.MemoryStore.Apply(ctx, key, w)
}

// touching makes a record of what is only read.
type touching struct{ recloser.MemoryStore }

func (s *touching) Load(ctx context.Context, key string) (recloser.Record, error) {
	r, err := s.MemoryStore.Load(ctx, key)
	if err == nil && r == (recloser.Record{}) {
		_, err = s.Apply(ctx, key, recloser.SetOverride{})
	}
	return r, err
}

func cut(s string, longest int) string {
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "")
}
