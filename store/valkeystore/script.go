package valkeystore

import (
	"crypto/sha1"
	"embed"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/recloser-dev/recloser"
)

// Bounds of a record that is read: the largest there can be has 102 fields and
// three kilobytes. What is larger was not written by this store.
const (
	maxFields = 1024
	maxBytes  = 64 << 10
)

// maxCount is the largest count that is added, as in [recloser.Window].
const maxCount = 1 << 50

//go:embed script/*.lua
var files embed.FS

// script is what the server runs for one operation.
type script struct {
	name, text, sum string
}

// scripts are the scripts of a store, one for each operation.
type scripts struct {
	load, watch, unwatch, report, transition, claim, firstClaim, settle, override script
}

func newScripts() scripts {
	return scripts{
		load:       newScript("load", "record", "load"),
		watch:      newScript("watch", "record", "write", "watch"),
		unwatch:    newScript("unwatch", "record", "write", "unwatch"),
		report:     newScript("report", "record", "write", "report"),
		transition: newScript("transition", "record", "write", "move", "transition"),
		claim:      newScript("claim", "record", "write", "claim"),
		firstClaim: newScript("first_claim", "record", "write", "move", "first_claim"),
		settle:     newScript("settle", "record", "write", "settle"),
		override:   newScript("override", "record", "write", "override"),
	}
}

// newScript puts a script together from its parts.
func newScript(name string, parts ...string) script {
	var b strings.Builder
	fmt.Fprintf(&b, "local FIELDS, BYTES, SCHEMA, SLOTS, VOICES, MOST = %d, %d, %d, %d, %d, %d\n",
		maxFields, maxBytes, recloser.Schema, recloser.MaxSlots, recloser.MaxVoices, maxCount)
	for _, part := range parts {
		text, err := files.ReadFile("script/" + part + ".lua")
		if err != nil {
			panic(err) // The files are part of the program.
		}
		b.Write(text)
	}
	return script{name: name}.of(b.String())
}

// of returns the script with another text.
func (s script) of(text string) script {
	sum := sha1.Sum([]byte(text)) // It is what the server knows a script by.
	s.text, s.sum = text, hex.EncodeToString(sum[:])
	return s
}
