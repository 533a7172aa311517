package config

import (
	"fmt"
	"io"
)

// redacted is what stands for a secret wherever it would be shown, as in
// [net/url.URL.Redacted].
const redacted = "xxxxx"

// Secret is a text that no log, error or encoding shows. The zero Secret is
// none. It is a comparable value.
type Secret struct{ text string }

// NewSecret returns text as a secret.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text: for whom it is meant, and nobody else.
func (s Secret) Reveal() string { return s.text }

// IsZero reports whether there is none.
func (s Secret) IsZero() bool { return s.text == "" }

// String returns what may be shown: nothing of the text, nor its length.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redacted
}

// Format writes what may be shown under every verb.
func (s Secret) Format(f fmt.State, _ rune) {
	// Whoever formats it has no place for an error either.
	_, _ = io.WriteString(f, s.String())
}

// MarshalText returns what may be shown.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
