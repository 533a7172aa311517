package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/config"
)

// Exit codes, as the help of the root command lists them.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitOpen        = 3
	exitNotFound    = 4
	exitPermission  = 5
	exitUnreachable = 6
	exitAssertion   = 99
	exitInterrupted = 130
)

// longestMessage bounds what is repeated of an argument.
const longestMessage = 400

// codedError is an error with the exit code it means.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

func withCode(code int, format string, args ...any) error {
	return &codedError{code, fmt.Errorf(format, args...)}
}

func usage(format string, args ...any) error { return withCode(exitUsage, format, args...) }

// codeOf returns the exit code of an error.
func codeOf(ctx context.Context, err error) int {
	var coded *codedError
	var answer *admin.StatusError
	switch {
	case errors.As(err, &coded):
		return coded.code
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, admin.ErrNoServer):
		return exitUnreachable
	case errors.Is(err, admin.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return exitNotFound
	case errors.Is(err, recloser.ErrKey):
		return exitUsage
	case errors.Is(err, fs.ErrPermission):
		return exitPermission
	case storage.FaultOf(err) == storage.FaultDescription:
		return exitUsage
	case storage.FaultOf(err) == storage.FaultMissing:
		return exitNotFound
	case storage.FaultOf(err) == storage.FaultDenied:
		return exitPermission
	case storage.FaultOf(err) == storage.FaultUnreachable:
		return exitUnreachable
	case errors.As(err, &answer) && (answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden):
		return exitPermission
	case strings.HasPrefix(err.Error(), "unknown command"):
		return exitUsage
	}
	return exitError
}

// explain returns what an error says to the user.
func explain(err error) string {
	text := storage.Explain(err)
	if errors.Is(err, admin.ErrNoServer) {
		text += "; start one in another terminal with: recloser dev; or name a store with --store"
	}
	// The lines of a broken file begin with the place, which editors follow.
	if errors.Is(err, config.ErrInvalid) {
		return err.Error()
	}
	return "recloser: " + text
}

// shorten bounds what a message repeats of an argument, and keeps it on one
// line.
func shorten(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	if len(text) > longestMessage {
		text = strings.ToValidUTF8(text[:longestMessage], "") + "…"
	}
	return text
}

// flagError says what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	if invalid := new(pflag.InvalidValueError); errors.As(err, &invalid) {
		var number *strconv.NumError
		if cause := errors.Unwrap(invalid); !errors.As(cause, &number) {
			return usage("%s: --%s: %s", cmd.Name(), invalid.GetFlag().Name, shorten(cause.Error()))
		}
		return usage("%s: --%s: %s is no number; see %s --help", cmd.Name(), invalid.GetFlag().Name, quote(invalid.GetValue()), cmd.CommandPath())
	}
	return usage("%s: %s; see %s --help", cmd.Name(), shorten(err.Error()), cmd.CommandPath())
}

// noArguments refuses every argument.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		text := fmt.Sprintf("no command %s", quote(args[0]))
		if near := cmd.SuggestionsFor(args[0][:min(len(args[0]), 64)]); len(near) > 0 {
			text += "; did you mean " + strings.Join(near, " or ") + "?"
		} else {
			text += "; see recloser --help"
		}
		return usage("%s", text)
	}
	return usage("%s takes no arguments, and got %s; see %s --help", cmd.Name(), quote(args[0]), cmd.CommandPath())
}

// atMostOneFile wants the name of one file, or none.
func atMostOneFile(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage("%s takes one file, and got another, %s; see %s --help", cmd.Name(), quote(args[1]), cmd.CommandPath())
	}
	return nil
}

// oneCircuit wants the name of one circuit that could exist.
func oneCircuit(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("%s takes the name of one circuit, and got %d arguments; try recloser %s payments", cmd.Name(), len(args), cmd.Name())
	}
	return anyCircuits(cmd, args)
}

// anyCircuits wants names of circuits that could exist.
func anyCircuits(_ *cobra.Command, args []string) error {
	for _, arg := range args {
		if _, _, err := recloser.SplitKey(arg); err != nil {
			return &codedError{exitUsage, err}
		}
	}
	return nil
}

func quote(s string) string { return fmt.Sprintf("%.60q", s) }
