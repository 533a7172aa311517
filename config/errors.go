package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrInvalid is matched by every error that is about what a file, a variable or
// a flag says. The error of a file that cannot be read is that of package os.
var ErrInvalid = errors.New("config: invalid configuration")

// Error is one problem of a configuration.
type Error struct {
	// File is where the offending value stands: the name of the file, of the
	// environment variable, or of the flag.
	File string
	// Line and Column count from 1, the column in characters. They are 0 if
	// File is no file.
	Line, Column int
	// Circuit is the circuit concerned, or empty if it is not one alone.
	Circuit string
	// Path is the key: within a circuit and within defaults from there, such
	// as "open_when.window", else from the top of the file. It may be empty.
	Path string
	// Problem says what is wrong and what to do about it, on one line.
	Problem string

	cause error
}

// Error returns the problem as one line: file:line:column: path: problem.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// Is reports whether target is [ErrInvalid].
func (e *Error) Is(target error) bool { return target == ErrInvalid }

// Unwrap returns the error of package recloser behind the problem, such as a
// [*recloser.FieldError], or nil.
func (e *Error) Unwrap() error { return e.cause }

// Errors is what [Load] and [Parse] return of an invalid configuration: all its
// problems in the order of the file, those of variables and flags last. It is
// never empty. Errors.As finds it, and finds its first [*Error].
type Errors []*Error

// Error returns the problems, one on each line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, problem := range e {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, problem := range e {
		all[i] = problem
	}
	return all
}

// maxErrors bounds what is told of one configuration.
const maxErrors = 100

// problems gathers what is wrong.
type problems struct{ list Errors }

func (p *problems) add(e *Error) { p.list = append(p.list, e) }

// err returns the problems in order, at most maxErrors of them and a line that
// counts the rest, or nil if there are none.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b *Error) int {
		return cmp.Or(compareZeroLast(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if more := len(p.list) - maxErrors; more > 0 {
		last := p.list[maxErrors-1]
		p.list = append(p.list[:maxErrors:maxErrors], &Error{
			File: last.File, Line: last.Line, Column: last.Column,
			Problem: fmt.Sprintf("and %d more problems after this one", more),
		})
	}
	return p.list
}

func compareZeroLast(a, b int) int {
	if (a == 0) != (b == 0) {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}
