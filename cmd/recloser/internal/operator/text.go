package operator

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

// Printable returns a text of a record as it may be shown: without what steers a
// terminal, and no longer than what anybody may say.
func Printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, s)
	if len(s) > admin.MaxText {
		s = strings.ToValidUTF8(s[:admin.MaxText], "") + "…"
	}
	return s
}

// OpenedText says why a circuit opened, and for how long.
func OpenedText(c recloser.Cause, length time.Duration, relapses int) string {
	text := fmt.Sprintf("%s, for %v", causeOf(c).Text, length.Round(time.Millisecond))
	if relapses > 0 {
		text += fmt.Sprintf(", relapse %d", relapses)
	}
	return text
}

// OverrideText says who forces what, until when and why.
func OverrideText(o recloser.Override) string {
	text := fmt.Sprintf("forced %s by %s until %s", Printable(string(o.Mode)), Printable(o.Actor), timeOf(o.Until).Local().Format(time.TimeOnly))
	if o.Reason != "" {
		text += ": " + Printable(o.Reason)
	}
	return text
}

// ResetText says who reset a circuit, and why.
func ResetText(c recloser.Cause) string {
	text := "closed by " + Printable(c.Actor)
	if c.Actor == "" {
		text = "closed"
	}
	if c.Reason != "" {
		text += ": " + Printable(c.Reason)
	}
	return text
}
