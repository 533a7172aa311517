package valkeystore

import "github.com/recloser-dev/recloser"

// Decode is decode.
func Decode(circuit string, hash map[string]string) (recloser.Record, error) {
	return decode(circuit, hash)
}

// DecodeEntry is decodeEntry.
func DecodeEntry(circuit, name, text string) (recloser.HistoryEntry, error) {
	return decodeEntry(circuit, name, text)
}

// Escape and Unescape are what stands between the names of voices and their text.
var (
	Escape   = escape
	Unescape = unescape
)

func (s *scripts) all() []*script {
	return []*script{&s.load, &s.watch, &s.unwatch, &s.report, &s.transition, &s.claim, &s.firstClaim, &s.settle, &s.override, &s.history, &s.check}
}

// Scripts returns the texts of the scripts by their names.
func Scripts() map[string]string {
	s, texts := newScripts(), make(map[string]string)
	for _, sc := range s.all() {
		texts[sc.name] = sc.text
	}
	return texts
}

// Replace makes the store run another text in place of a script.
func (s *Store) Replace(name, text string) {
	for _, sc := range s.scripts.all() {
		if sc.name == name {
			*sc = sc.of(text)
		}
	}
}
