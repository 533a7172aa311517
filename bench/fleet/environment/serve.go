package environment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/recloser-dev/recloser/bench/fleet/phase"
)

// Serve holds the environments of one process, which do what it is told on in, a
// line of JSON each, and says on out what comes of it. It ends with in.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	s := &speaker{encoder: json.NewEncoder(out)}
	err := serve(ctx, json.NewDecoder(in), s)
	if err != nil {
		err = errors.Join(err, s.say(message{Error: err.Error()}))
	}
	return err
}

// speaker says one thing after the other.
type speaker struct {
	mu      sync.Mutex
	encoder *json.Encoder
	err     error
}

// say says it, unless something could not be said before.
func (s *speaker) say(m message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = s.encoder.Encode(m)
	}
	return s.err
}

func serve(ctx context.Context, in *json.Decoder, s *speaker) (err error) {
	var join Join
	if err := in.Decode(&join); err != nil {
		return fmt.Errorf("read which circuit to join: %w", err)
	}
	told := func(e phase.Event) {
		_ = s.say(message{Event: e}) // If it cannot be said, what was done cannot either.
	}
	g, err := assemble(ctx, join, told)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	if err := s.say(message{Joined: true}); err != nil {
		return err
	}
	for {
		var o order
		if err := in.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read what to do: %w", err)
		}
		if o.Begin != nil {
			g.begin(*o.Begin)
			continue
		}
		t, err := g.end(ctx)
		if err != nil {
			return err
		}
		if err := s.say(message{Done: &t}); err != nil {
			return err
		}
	}
}
