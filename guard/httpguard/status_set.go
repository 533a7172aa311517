package httpguard

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrStatus is matched by the error of a status that no set can hold.
var ErrStatus = errors.New("httpguard: invalid status")

const (
	leastStatus = 100
	mostStatus  = 599
)

// StatusSet is a set of status codes. Its zero value is empty. Sets can be
// compared, and are read and written as text: "429, 5xx".
type StatusSet struct{ codes [8]uint64 }

// ParseStatusSet returns the set of statuses written as codes, such as "429", or
// as classes, such as "5xx", which has all of 500 to 599. The error matches
// [ErrStatus].
func ParseStatusSet(statuses ...string) (StatusSet, error) {
	var s StatusSet
	for _, status := range statuses {
		first, last, ok := parseStatus(status)
		if !ok {
			return StatusSet{}, fmt.Errorf("%w %.40q: write a code from 100 to 599, such as 429, or a class from 1xx to 5xx", ErrStatus, status)
		}
		for code := first; code <= last; code++ {
			s.codes[(code-leastStatus)/64] |= 1 << ((code - leastStatus) % 64)
		}
	}
	return s, nil
}

// MustParseStatusSet is [ParseStatusSet] for statuses that are known to be
// sound: it panics if they are not.
func MustParseStatusSet(statuses ...string) StatusSet {
	s, err := ParseStatusSet(statuses...)
	if err != nil {
		panic(err)
	}
	return s
}

func parseStatus(s string) (first, last int, ok bool) {
	if len(s) != 3 || s[0] < '1' || s[0] > '5' {
		return 0, 0, false
	}
	if strings.EqualFold(s[1:], "xx") {
		first = int(s[0]-'0') * 100
		return first, first + 99, true
	}
	code, err := strconv.ParseUint(s, 10, 16)
	return int(code), int(code), err == nil
}

// Contains reports whether code is in the set. A code below 100 or above 599 is
// taken for 500, as RFC 9110, section 15, has it.
func (s StatusSet) Contains(code int) bool {
	if code < leastStatus || code > mostStatus {
		code = 500
	}
	return s.codes[(code-leastStatus)/64]&(1<<((code-leastStatus)%64)) != 0
}

// String returns the codes in order, whole classes as such: "429, 5xx".
func (s StatusSet) String() string {
	var all []string
	for class := leastStatus; class < mostStatus; class += 100 {
		var codes []string
		for code := class; code < class+100; code++ {
			if s.Contains(code) {
				codes = append(codes, strconv.Itoa(code))
			}
		}
		if len(codes) == 100 {
			codes = []string{strconv.Itoa(class/100) + "xx"}
		}
		all = append(all, codes...)
	}
	return strings.Join(all, ", ")
}

// MarshalText returns what [StatusSet.String] does.
func (s StatusSet) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText sets s to the statuses in text, which commas separate. The error
// matches [ErrStatus], and s is unchanged.
func (s *StatusSet) UnmarshalText(text []byte) error {
	var statuses []string
	if strings.TrimSpace(string(text)) != "" {
		for status := range strings.SplitSeq(string(text), ",") {
			statuses = append(statuses, strings.TrimSpace(status))
		}
	}
	parsed, err := ParseStatusSet(statuses...)
	if err == nil {
		*s = parsed
	}
	return err
}
