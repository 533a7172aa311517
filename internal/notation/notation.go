// Package notation reads what spec/scenarios writes in words: keys of a policy,
// and a record that somebody planted. Whoever replays the scenarios reads them by
// it, so that all mean the same record by the same line.
//
// It knows no word that does nothing: a key that is not known, a number that is
// none, and a value with too few parts or too many are errors.
package notation

import (
	"fmt"
	"strings"

	"github.com/recloser-dev/recloser"
)

// Epoch is what the wall clocks of a scenario say at its 0s. It is a multiple of
// every width a slot of a window may have.
const Epoch = recloser.Instant(1_767_225_600_000)

// each hands the key and the value of words such as "state=open" to set.
func each(words []string, set func(key, value string) error) error {
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		if err := set(key, value); err != nil {
			return fmt.Errorf("%s: %w", word, err)
		}
	}
	return nil
}
