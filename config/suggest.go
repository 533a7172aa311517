package config

import (
	"fmt"
	"reflect"
	"strings"
)

// unknownKey says what to write instead of a key that a group does not have.
func (d *decoder) unknownKey(key string, group reflect.Type) string {
	fields := fieldsOf(group)
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.key
	}
	if best, found := Closest(key, known); found {
		return fmt.Sprintf("unknown key; did you mean %q?", best)
	}
	inside, of := "at the top", ""
	if d.part != "" {
		inside, of = "in "+d.part, " of "+d.part
	}
	if hasKey(d.whole, key) {
		return "unknown key here; it belongs " + inside
	}
	for _, path := range pathsOf(d.whole, "") {
		if i := strings.LastIndexByte(path, '.'); i >= 0 && path[i+1:] == key {
			return fmt.Sprintf("unknown key here; it belongs under %s%s", path[:i], of)
		}
	}
	if len(known) == 0 {
		return "unknown key; nothing belongs here, write {}"
	}
	return "unknown key; the keys here are " + strings.Join(known, ", ")
}

// maxGuess is the length in bytes beyond which nobody guesses what was meant.
const maxGuess = 64

// Closest returns the candidate that word is most likely meant to be, if there
// is one: case and separators do not count, and one letter in three may be wrong.
func Closest(word string, candidates []string) (string, bool) {
	if len(word) > maxGuess {
		return "", false
	}
	word = squash(word)
	best, least := "", len(word)/3+1
	for _, candidate := range candidates {
		if d := distance(word, squash(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best, best != ""
}

// squash returns s in small letters without separators.
func squash(s string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(s))
}

// distance returns how many letters of a must be put in, left out, replaced or
// swapped with their neighbour to make b of it: Levenshtein's, over bytes.
func distance(a, b string) int {
	earlier, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		earlier, last, row = last, row, earlier
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := last[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(replaced, row[j-1]+1, last[j]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], earlier[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
