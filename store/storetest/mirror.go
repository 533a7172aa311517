package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/recloser-dev/recloser"
)

// newKey returns a key that nobody else has.
func newKey() string { return "storetest-" + rand.Text() }

// mirror makes the same writes in a store and in a record of its own, and says
// where the two part.
type mirror struct {
	store recloser.Store
	key   string
	want  recloser.Record
}

func newMirror(s subject) *mirror { return &mirror{store: s.store, key: newKey()} }

// applyAll makes writes one after the other.
func (m *mirror) applyAll(ctx context.Context, writes ...recloser.Write) error {
	for _, w := range writes {
		if err := m.apply(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// apply makes a write, and compares what the store answers.
func (m *mirror) apply(ctx context.Context, w recloser.Write) error {
	before := m.want
	next, made := before.Apply(w)
	got, err := m.store.Apply(ctx, m.key, w)
	switch {
	case made && err != nil:
		return fmt.Errorf("%s on %s: %w, but its condition holds", say(w), sketch(before), err)
	case !made && err == nil:
		return fmt.Errorf("%s on %s: was made, but its condition does not hold%s", say(w), sketch(before), parting(before, got))
	case !made && !errors.Is(err, recloser.ErrConflict):
		return fmt.Errorf("%s on %s: want an error that matches ErrConflict, got %w", say(w), sketch(before), err)
	}
	m.want = next
	if diff := parting(next, got); diff != "" {
		return fmt.Errorf("%s on %s: the answer, error %w, has another record%s", say(w), sketch(before), orNone(err), diff)
	}
	return nil
}

// load reads the record, and compares it.
func (m *mirror) load(ctx context.Context) error {
	got, err := m.store.Load(ctx, m.key)
	if err != nil {
		return fmt.Errorf("load of %s: %w", sketch(m.want), err)
	}
	if diff := parting(m.want, got); diff != "" {
		return fmt.Errorf("load of %s: another record%s", sketch(m.want), diff)
	}
	return nil
}

// applyAndLoad makes writes, and reads the record after each.
func (m *mirror) applyAndLoad(ctx context.Context, writes ...recloser.Write) error {
	for _, w := range writes {
		if err := m.apply(ctx, w); err != nil {
			return err
		}
		if err := m.load(ctx); err != nil {
			return fmt.Errorf("after %s: %w", say(w), err)
		}
	}
	return nil
}

// parting says in which fields two records differ; it is empty if they are the
// same.
func parting(want, got recloser.Record) string {
	if want == got {
		return ""
	}
	var diff strings.Builder
	w, g := reflect.ValueOf(want), reflect.ValueOf(got)
	for i := range w.NumField() {
		if wf, gf := w.Field(i).Interface(), g.Field(i).Interface(); wf != gf {
			fmt.Fprintf(&diff, "\n\t%s\n\t\twant %+v\n\t\tgot  %+v", w.Type().Field(i).Name, wf, gf)
		}
	}
	return diff.String()
}

// say returns a write as it can be read in an error.
func say(w recloser.Write) string {
	return strings.TrimPrefix(fmt.Sprintf("%T", w), "recloser.") + strings.TrimPrefix(fmt.Sprintf("%+v", w), "&")
}

// sketch returns the outlines of a record.
func sketch(r recloser.Record) string {
	held := 0
	for _, lease := range r.Probes {
		if lease.Token != "" {
			held++
		}
	}
	return fmt.Sprintf("%v record of generation %d, watch %d, %d slots, %d leases, override %q",
		r.State, r.Generation, r.WatchSince, len(r.Window.Slots()), held, r.Override.Mode)
}
