package model_test

import (
	"fmt"
	"strings"
)

// timeline shows a walk as it would be drawn: a line for each moment, a column for
// each thread that did anything.
func timeline(steps []event) string {
	var text strings.Builder
	for _, e := range steps {
		fmt.Fprintln(&text, e)
	}
	return text.String()
}
