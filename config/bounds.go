package config

import (
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// Limits within which the parser takes time in proportion to the file. Beyond
// them its time grows with the square: of the depth, and of the entries of one
// mapping.
const (
	maxDepth   = 16
	maxEntries = 2 * MaxCircuits
	maxTokens  = 1 << 18
)

// bounded reports whether tokens are within the limits and free of what this
// format has no use for, and adds what they are not to found. It looks at tokens
// because the parser must not see what is beyond the limits.
func bounded(name string, tokens token.Tokens, found *problems) bool {
	before := len(found.list)
	fail := func(t *token.Token, problem string, args ...any) {
		found.add(&Error{File: name, Line: t.Position.Line, Column: t.Position.Column, Problem: fmt.Sprintf(problem, args...)})
	}
	var o outline
	for i, t := range tokens {
		if problem := unwanted(t); problem != "" {
			fail(t, "%s", problem)
			if len(found.list)-before > maxErrors {
				return false
			}
			continue
		}
		var key *token.Token
		if i > 0 {
			key = tokens[i-1]
		}
		o.next(t, key)
		switch {
		case o.depth() > maxDepth:
			fail(t, "is nested more than %d deep", maxDepth)
			return false
		case o.entries() > maxEntries:
			fail(t, "is entry %d of one list or mapping; a file has at most %d circuits", o.entries(), MaxCircuits)
			return false
		case i == maxTokens:
			fail(t, "the file has too much in it; split it by service")
			return false
		}
	}
	return len(found.list) == before
}

// unwanted says why a token has no place in this format, if it has none.
func unwanted(t *token.Token) string {
	switch t.Type {
	case token.AnchorType, token.AliasType, token.MergeKeyType:
		return "anchors, aliases and merge keys are not read; put what circuits share under defaults"
	case token.TagType:
		return "tags are not read; write the value alone"
	case token.MappingKeyType:
		return "keys that begin with ? are not read; write key: value"
	case token.DirectiveType:
		return "directives are not read; leave the line out"
	case token.InvalidType:
		return "is not YAML: " + oneLine(t.Error)
	default:
		return ""
	}
}

// outline follows how deep the tokens of a file are nested and how many entries
// the list or mapping at hand has.
type outline struct {
	block []level // nested by indentation, from the outside in
	flow  []int   // nested by brackets: entries of each
}

// level is one list or mapping that is nested by indentation.
type level struct{ column, entries int }

func (o *outline) next(t, before *token.Token) {
	switch t.Type {
	case token.MappingStartType, token.SequenceStartType:
		o.flow = append(o.flow, 1)
	case token.MappingEndType, token.SequenceEndType:
		if len(o.flow) > 0 {
			o.flow = o.flow[:len(o.flow)-1]
		}
	case token.CollectEntryType:
		if len(o.flow) > 0 {
			o.flow[len(o.flow)-1]++
		}
	case token.SequenceEntryType:
		o.entry(t.Position.Column)
	case token.MappingValueType:
		if len(o.flow) > 0 || before == nil {
			return
		}
		if before.Position.Line == t.Position.Line {
			t = before
		}
		o.entry(t.Position.Column)
	default:
	}
}

func (o *outline) entry(column int) {
	for len(o.block) > 0 && o.block[len(o.block)-1].column > column {
		o.block = o.block[:len(o.block)-1]
	}
	if n := len(o.block); n > 0 && o.block[n-1].column == column {
		o.block[n-1].entries++
		return
	}
	o.block = append(o.block, level{column: column, entries: 1})
}

func (o *outline) depth() int { return len(o.block) + len(o.flow) }

func (o *outline) entries() int {
	most := 0
	if n := len(o.block); n > 0 {
		most = o.block[n-1].entries
	}
	if n := len(o.flow); n > 0 {
		most = max(most, o.flow[n-1])
	}
	return most
}
