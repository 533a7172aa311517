// Package circuitname names a circuit by a text that may hold any byte, such as the
// host or the target of a call.
package circuitname

import "strings"

// Of returns the name for a text: the text in lower case, with each byte that no
// circuit's name may have as an underscore and two hexadecimal digits. A name that
// is too long for a circuit, or empty, is left to [recloser.Key] to refuse.
func Of(text string) string {
	for i := range len(text) {
		if !holds(text[i]) {
			return escape(strings.ToLower(text))
		}
	}
	return text
}

func escape(text string) string {
	const digits = "0123456789abcdef"
	var name strings.Builder
	for i := range len(text) {
		if c := text[i]; holds(c) {
			name.WriteByte(c)
		} else {
			name.Write([]byte{'_', digits[c>>4], digits[c&15]})
		}
	}
	return name.String()
}

// holds reports whether a byte stands for itself in a name.
func holds(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == ':' || c == '_'
}
