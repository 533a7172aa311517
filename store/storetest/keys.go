package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/recloser-dev/recloser"
)

// neighbours returns keys that a careless store could take for one another, and
// that hold every kind of character a key may have, in order. All but one begin
// with name.
func neighbours(name string) ([]string, error) {
	const word, character, longest = "y", "\u5b57", recloser.MaxName
	parts := []string{
		"", "a", "A", "a ", " a", "a/", "/a", "a//b", "a/b", "a/b/c", "b/a", "a:b", "a.b", "a-b", "a_b",
		"*", "a*", "?", "[a]", "{a}", "{a", "a}", "#", "a#b", "%2F", "%61", "+", "a+b", "a&b=c", "a;b", "a,b", "a|b", "$a", "@a", "!a",
		`"a"`, "'a'", "`a`", `\a`, `a\`, "..", ".", "~", "^a", "<a>", "(a)", "a=b", "0", "00", "0.0", "1e0", "true", "null",
		// The same to the eye, or to whoever folds case or normalizes.
		"\u00e9", "e\u0301", "\u00c9", "\u00df", "ss", "\u0131", "\ufb01", "fi", "\u03a9", "\u2126",
		"\u6f22\u5b57", "\ud55c", "\U0001f469", "\U0001f469\U0001f3fd", "\U00010348",
		strings.Repeat(word, longest), strings.Repeat(word, longest-1), strings.Repeat(character, longest/len(character)),
	}
	long := name + strings.Repeat("x", longest-len(name))
	names := []string{name, strings.ToUpper(name), name + ".", name + ":", name + ":a", name + "_a", name + "-a", long, long[:longest-1]}
	var keys []string
	var problems []error
	add := func(name, part string) {
		key, err := recloser.Key(name, part)
		keys, problems = append(keys, key), append(problems, err)
	}
	for _, part := range parts {
		add(name, part)
	}
	for _, n := range names[1:] {
		add(n, "")
		add(n, "a")
		add(n, strings.Repeat(word, longest-1))
		add(n, strings.Repeat(word, longest))
	}
	slices.Sort(keys)
	return keys, errors.Join(problems...)
}

// checkKeys: every key that a circuit can have has a record of its own.
func checkKeys(ctx context.Context, s subject) error {
	keys, err := neighbours(newKey())
	if err != nil {
		return err
	}
	mirrors := make([]*mirror, len(keys))
	for i, key := range keys {
		mirrors[i] = &mirror{store: s.store, key: key}
		if err := mirrors[i].load(ctx); err != nil {
			return fmt.Errorf("key %q, not written yet: %w", key, err)
		}
		w := recloser.Watch{At: epoch + recloser.Instant(i), Share: 1}
		if err := mirrors[i].apply(ctx, w); err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
	}
	for _, m := range mirrors {
		if err := m.load(ctx); err != nil {
			return fmt.Errorf("key %q, after others were written: %w", m.key, err)
		}
	}
	return nil
}
