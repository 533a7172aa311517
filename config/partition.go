package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// PartitionBy says by what the calls of a circuit are told apart, so that each
// value of it has a circuit of its own. It is written as one of
//
//	""               nothing: one circuit for all calls
//	header:<name>    the value of a request's header: header:X-Tenant
//	path:<n>         the n-th segment of a request's path, from 1 to 32:
//	                 path:2 is "eu" of /orders/eu/17
//	caller           the key that the caller names
//
// The zero value is "". At most one field is set.
type PartitionBy struct {
	// Header is the name of a header.
	Header string
	// Segment is the number of a segment of the path, counted from 1.
	Segment int
	// Caller is whether the caller names the key.
	Caller bool
}

// maxPartitionBy is the largest length in bytes of what PartitionBy is written as.
const maxPartitionBy = 80

// partitionPattern is what PartitionBy is written as; a header's name is a
// token as RFC 9110 has it.
const partitionPattern = "^(|caller|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+|path:([1-9]|[12][0-9]|3[0-2]))$"

var partitionRegexp = regexp.MustCompile(partitionPattern)

// String returns p as it is written.
func (p PartitionBy) String() string {
	switch {
	case p.Header != "":
		return "header:" + p.Header
	case p.Segment != 0:
		return "path:" + strconv.Itoa(p.Segment)
	case p.Caller:
		return "caller"
	}
	return ""
}

// MarshalText returns p as it is written.
func (p PartitionBy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads p as it is written.
func (p *PartitionBy) UnmarshalText(text []byte) error {
	if len(text) > maxPartitionBy || !partitionRegexp.Match(text) {
		return errors.New(partitionProblem(string(text)))
	}
	kind, argument, _ := strings.Cut(string(text), ":")
	*p = PartitionBy{Caller: kind == "caller"}
	switch kind {
	case "header":
		p.Header = argument
	case "path":
		p.Segment, _ = strconv.Atoi(argument) // The pattern admits 1 to 32.
	}
	return nil
}

func (p PartitionBy) problem() string {
	var again PartitionBy
	if err := again.UnmarshalText([]byte(p.String())); err != nil {
		return err.Error()
	}
	if again != p {
		return fmt.Sprintf("must be one of header, path and caller, not %+v", p)
	}
	return ""
}

func partitionProblem(text string) string {
	return fmt.Sprintf("must be header:<name>, path:<n> with n from 1 to 32, caller, or empty, not %.80q", text)
}
