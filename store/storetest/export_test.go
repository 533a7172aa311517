package storetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/recloser-dev/recloser"
)

// Under returns w as made under another generation.
func Under(w recloser.Write, generation uint64) recloser.Write { return under(w, generation) }

// Checks returns the names of the checks of the suite.
func Checks() []string {
	var names []string
	for _, c := range checks() {
		names = append(names, c.name)
	}
	return names
}

// Draw writes a picture of the history that err is about.
func Draw(err error, file string) error {
	var bad *historyError
	if !errors.As(err, &bad) {
		return fmt.Errorf("not about a history: %w", err)
	}
	return bad.draw(file)
}

// Check makes the named check of a store, as Run does.
func Check(ctx context.Context, name string, store, faulty recloser.Store, optFns ...func(*Options)) error {
	s := subject{store: store, faulty: faulty, options: defaults(), name: name}
	for _, fn := range optFns {
		fn(&s.options)
	}
	for _, c := range checks() {
		if c.name != name {
			continue
		}
		if reason := c.needs(s); reason != "" {
			return fmt.Errorf("skipped: %s", reason)
		}
		return c.run(ctx, s)
	}
	return fmt.Errorf("there is no check %q", name)
}
