package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/recloser-dev/recloser"
)

// Failures says what counts as a failure of the dependency. That a call ran out
// of its time, or reached nobody, is always one.
type Failures struct {
	// HTTP is the statuses of responses that are failures: one such as 429, or
	// a class such as 5xx. Every other response is a success. Defaults to
	// [5xx, 429].
	HTTP []string `json:"http"`
	// Errors is the names of errors that are failures, as a function or a
	// workflow reports them; every other name is ignored. If it is empty,
	// every error is a failure. Defaults to [].
	Errors []string `json:"errors"`
	// Ignore is statuses and names of errors that count as nothing, whatever
	// HTTP and Errors say. Defaults to [].
	Ignore []string `json:"ignore"`
}

// Limits of the lists.
const (
	maxListed = 256
	maxEntry  = 256
)

// Status returns what a response of the given HTTP status counts as.
func (f Failures) Status(status int) recloser.Outcome {
	exact, class := strconv.Itoa(status), strconv.Itoa(status/100)+"xx"
	lists := func(list []string) bool { return slices.Contains(list, exact) || slices.Contains(list, class) }
	switch {
	case lists(f.Ignore):
		return recloser.OutcomeIgnored
	case lists(f.HTTP):
		return recloser.OutcomeFailure
	}
	return recloser.OutcomeSuccess
}

// Error returns what an error of the given name counts as.
func (f Failures) Error(name string) recloser.Outcome {
	if slices.Contains(f.Ignore, name) || len(f.Errors) > 0 && !slices.Contains(f.Errors, name) {
		return recloser.OutcomeIgnored
	}
	return recloser.OutcomeFailure
}

// statusPattern is one HTTP status, or a class of them.
const statusPattern = `^[1-5]([0-9][0-9]|xx)$`

var statusRegexp = regexp.MustCompile(statusPattern)

// entryPattern is the name of an error, or a status.
const entryPattern = `^[!-~]+$`

var entryRegexp = regexp.MustCompile(entryPattern)

func (f Failures) validate(all *fieldErrors) {
	entries(all, "failures.http", f.HTTP, func(s string) string {
		if statusRegexp.MatchString(s) {
			return ""
		}
		return fmt.Sprintf("must be an HTTP status such as 503 or a class such as 5xx, not %.40q", s)
	})
	named := func(s string) string {
		if len(s) <= maxEntry && entryRegexp.MatchString(s) {
			return ""
		}
		return fmt.Sprintf("must be a name of 1 to %d ASCII characters without spaces, not %.40q", maxEntry, s)
	}
	entries(all, "failures.errors", f.Errors, named)
	entries(all, "failures.ignore", f.Ignore, named)
}

func entries(all *fieldErrors, path string, list []string, problem func(string) string) {
	if len(list) > maxListed {
		all.add(path, fmt.Sprintf("has %d entries, and may have %d", len(list), maxListed))
		return
	}
	for i, entry := range list {
		all.add(fmt.Sprintf("%s[%d]", path, i), problem(entry))
	}
}
