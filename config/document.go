package config

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// document returns the root of the only document of a file, or nil if the file
// holds none or something is wrong with it, which it then adds to found.
func document(name string, text []byte, found *problems) ast.Node {
	fail := func(line, column int, problem string, args ...any) ast.Node {
		found.add(&Error{File: name, Line: line, Column: column, Problem: fmt.Sprintf(problem, args...)})
		return nil
	}
	if len(text) > MaxSize {
		return fail(0, 0, "has %d bytes, and may have %d; split it by service", len(text), MaxSize)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	if at := firstUnreadable(text); at >= 0 {
		line, column := position(text, at)
		return fail(line, column, "has a character that no text holds (byte %#02x); save the file as UTF-8", text[at])
	}
	file, err := parse(name, string(text), found)
	var syntax *yaml.SyntaxError
	switch {
	case errors.As(err, &syntax) && syntax.Token != nil && syntax.Token.Position != nil:
		at := syntax.Token.Position
		return fail(at.Line, at.Column, "is not YAML: %s", oneLine(syntax.Message))
	case err != nil:
		return fail(1, 1, "is not YAML: %s", oneLine(err.Error()))
	case file == nil:
		return nil
	}
	var root ast.Node
	for _, doc := range file.Docs {
		switch body := doc.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.NullNode:
		default:
			if root != nil {
				at := start(body).Position
				return fail(at.Line, at.Column, "is a second document; keep one, and put all circuits under its circuits")
			}
			root = body
		}
	}
	return root
}

// parse returns the syntax tree of text, or nil if its tokens are not within
// bounds. The YAML package panics on some files that are not YAML; to the reader
// they are what any other such file is.
func parse(name, text string, found *problems) (file *ast.File, err error) {
	defer func() {
		if recover() != nil {
			file, err = nil, errors.New("its structure cannot be made out")
		}
	}()
	tokens := lexer.Tokenize(text)
	if !bounded(name, tokens, found) {
		return nil, nil
	}
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// firstUnreadable returns the offset of the first byte that is not UTF-8, or is
// a control character that YAML does not admit, or -1.
func firstUnreadable(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 || r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return i
		}
		i += size
	}
	return -1
}

// position returns the line and the column of an offset, counted from 1.
func position(text []byte, offset int) (line, column int) {
	before := text[:offset]
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
}

// Limits of what is repeated of a file in a message, in bytes.
const (
	maxShown   = 64
	maxMessage = 256
)

// shown returns a key or a name as a message repeats it: on one line, and not
// much of it.
func shown(key string) string {
	short := cut(key, maxShown)
	if strings.ContainsFunc(short, func(r rune) bool { return !unicode.IsPrint(r) }) {
		short = strconv.Quote(short)
	}
	return short
}

// oneLine returns the first line of a message.
func oneLine(message string) string {
	first, _, _ := strings.Cut(message, "\n")
	return cut(strings.TrimSpace(first), maxMessage)
}

// cut returns at most limit bytes of s, whole characters, and a mark if that is
// not all.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}
