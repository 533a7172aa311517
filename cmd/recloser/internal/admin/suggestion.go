package admin

import (
	"fmt"
	"strings"
)

// Suggest names what was probably meant by name, or all that there is.
func Suggest(name string, names []string) string {
	best, distance := "", len(name)/2+1
	for _, known := range names {
		if d := editDistance(name, known); d < distance {
			best, distance = known, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("did you mean %s?", best)
	case len(names) == 0:
		return "there are none"
	case len(names) > 8:
		return fmt.Sprintf("there are %s and %d more", strings.Join(names[:8], ", "), len(names)-8)
	}
	return "there is " + strings.Join(names, ", ")
}

// editDistance returns how many letters to insert, delete or change.
func editDistance(a, b string) int {
	const longest = 64
	a, b = a[:min(len(a), longest)], b[:min(len(b), longest)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
