// Package bar holds figures against limits.
package bar

import (
	"fmt"
	"io"
)

// Bar is a limit that Recloser is held to. It is one that holds on any machine: a
// ratio within a campaign, or a count.
type Bar struct {
	// What is measured.
	What string `json:"what"`
	// Measured is the figure; Known is false if the campaign left out what it
	// takes.
	Measured float64 `json:"measured"`
	Known    bool    `json:"known"`
	// Limit is the most it may be, or, if AtLeast, the least.
	Limit   float64 `json:"limit"`
	AtLeast bool    `json:"at_least,omitempty"`
	// Pass is whether the bar is known and met.
	Pass bool `json:"pass"`
}

// Passed reports whether there are bars, and every one is known and met.
func Passed(bars []Bar) bool {
	for _, b := range bars {
		if !b.Pass {
			return false
		}
	}
	return len(bars) > 0
}

// Write writes the bars as lines of a table with a heading.
func Write(w io.Writer, bars []Bar) {
	fmt.Fprintf(w, "\nbars\n\nmeasured\tlimit\tverdict\t  %s\n", "what")
	for _, b := range bars {
		sign := "≤"
		if b.AtLeast {
			sign = "≥"
		}
		measured, verdict := fmt.Sprintf("%.2f", b.Measured), "FAIL"
		switch {
		case !b.Known:
			measured, verdict = "-", "not measured"
		case b.Pass:
			verdict = "pass"
		}
		fmt.Fprintf(w, "%s\t%s %v\t%s\t  %s\n", measured, sign, b.Limit, verdict, b.What)
	}
}
