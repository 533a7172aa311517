package valkeystore

import (
	"crypto/sha1"
	"embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/field"
)

// Bounds of a record that is read: the largest there can be has 102 fields and
// four kilobytes. What is larger was not written by this store.
const (
	maxFields = 1024
	maxBytes  = 64 << 10
)

// Bounds of a history.
const (
	// MaxHistory is how many entries of one circuit are remembered: the newest.
	MaxHistory = 1000
	// maxEntry is how many bytes an entry has that is read.
	maxEntry = 8 << 10
)

// maxCount is the largest count that is added, as in [recloser.Window].
const maxCount = 1 << 50

//go:embed script/*.lua
var files embed.FS

// script is what the server runs for one operation.
type script struct {
	name, text, sum string
	// remembers says that its second key is the circuit's history.
	remembers bool
}

// scripts are the scripts of a store, one for each operation.
type scripts struct {
	load, watch, unwatch, report, transition, claim, firstClaim, settle, override, history, check script
}

func newScripts() scripts {
	return scripts{
		load:       newScript("load", "record", "load"),
		watch:      newScript("watch", "record", "write", "watch"),
		unwatch:    newScript("unwatch", "record", "write", "unwatch"),
		report:     newScript("report", "record", "write", "report"),
		transition: newScript("transition", "record", "write", "remember", "move", "transition"),
		claim:      newScript("claim", "record", "write", "claim"),
		firstClaim: newScript("first_claim", "record", "write", "remember", "move", "first_claim"),
		settle:     newScript("settle", "record", "write", "settle"),
		override:   newScript("override", "record", "write", "remember", "override"),
		history:    newScript("history", "history"),
		check:      newScript("check", "record", "write", "remember", "move", "check"),
	}
}

// newScript puts a script together from its parts.
func newScript(name string, parts ...string) script {
	var b strings.Builder
	fmt.Fprintf(&b, "local FIELDS, BYTES, SCHEMA, SLOTS, VOICES, MOST = %d, %d, %d, %d, %d, %d\n",
		maxFields, maxBytes, recloser.Schema, recloser.MaxSlots, recloser.MaxVoices, maxCount)
	fmt.Fprintf(&b, "local TEXT, ENTRY, ENTRIES, AGE = %d, %d, %d, %d\n", field.MaxText, maxEntry, MaxHistory, recloser.HistoryAge.Milliseconds())
	for _, part := range parts {
		text, err := files.ReadFile("script/" + part + ".lua")
		if err != nil {
			panic(err) // The files are part of the program.
		}
		b.Write(text)
	}
	return script{name: name, remembers: slices.Contains(parts, "remember")}.of(b.String())
}

// of returns the script with another text.
func (s script) of(text string) script {
	sum := sha1.Sum([]byte(text)) // It is what the server knows a script by.
	s.text, s.sum = text, hex.EncodeToString(sum[:])
	return s
}
