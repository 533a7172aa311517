package config

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
)

// Circuit is one circuit: its policy, and what is called through it.
type Circuit struct {
	recloser.Policy `json:",inline"`

	// Failures says what counts as a failure of the dependency.
	Failures Failures `json:"failures"`
	// PartitionBy gives each value of something in a call a circuit of its own:
	// header:<name>, path:<n> for the n-th segment of the request's path, or
	// caller for the key that the caller names. Empty keeps one circuit for
	// all. Defaults to "".
	PartitionBy PartitionBy `json:"partition_by"`
	// Upstream is the address of the dependency, which the extension's proxy
	// and the mesh call: http or https, without credentials or query.
	// Defaults to "", for a dependency that only the function itself calls.
	Upstream string `json:"upstream"`
	// OnFailure says what becomes of an asynchronous invocation that failed.
	OnFailure OnFailure `json:"on_failure"`
	// Workflow says how a Step Functions workflow calls through the circuit.
	Workflow Workflow `json:"workflow"`
}

// OnFailure says what becomes of an asynchronous invocation that failed.
type OnFailure struct {
	// Park is the queue that keeps the invocation until the circuit has
	// closed, by its name, URL or ARN. Defaults to "", which parks nothing.
	Park string `json:"park"`
	// Alert is the topic that is told of it, by its name or ARN. Defaults to
	// "", which tells nobody.
	Alert string `json:"alert"`
	// Redrive says how parked invocations are sent again.
	Redrive Redrive `json:"redrive"`
}

// Redrive says how parked invocations are sent again once the circuit is closed.
type Redrive struct {
	// MaxAttempts is how often one invocation is sent again before it stays
	// parked for good. 0 never sends one. Defaults to 5.
	MaxAttempts int `json:"max_attempts"`
	// MaxAge is the age from which an invocation is not sent again but stays
	// parked for good, for it would only do harm. 0s sets no limit. Defaults
	// to 24h.
	MaxAge time.Duration `json:"max_age"`
}

// maxAge is the longest that a queue keeps a message.
const maxAge = 14 * 24 * time.Hour

// DefaultCircuit returns the circuit with every default.
func DefaultCircuit() Circuit {
	return Circuit{
		Policy:    recloser.DefaultPolicy(),
		Failures:  Failures{HTTP: []string{"5xx", "429"}, Errors: []string{}, Ignore: []string{}},
		OnFailure: OnFailure{Redrive: Redrive{MaxAttempts: 5, MaxAge: 24 * time.Hour}},
		Workflow:  defaultWorkflow(),
	}
}

// clone returns c with lists of its own.
func (c Circuit) clone() Circuit {
	c.Failures.HTTP = slices.Clone(c.Failures.HTTP)
	c.Failures.Errors = slices.Clone(c.Failures.Errors)
	c.Failures.Ignore = slices.Clone(c.Failures.Ignore)
	c.Workflow.Tasks = slices.Clone(c.Workflow.Tasks)
	return c
}

// Validate reports everything that is wrong with c as one error that joins a
// [*recloser.FieldError] for each problem; it returns nil if c is sound. What it
// asks of the policy is in [recloser.Policy.Validate].
func (c Circuit) Validate() error {
	var all fieldErrors
	for _, problem := range recloser.FieldErrors(c.Policy.Validate()) {
		all = append(all, problem)
	}
	c.Failures.validate(&all)
	all.add("partition_by", c.PartitionBy.problem())
	if c.Upstream != "" {
		all.add("upstream", addressProblem(c.Upstream, "https://payments.example"))
	}
	all.add("on_failure.park", nameProblem(c.OnFailure.Park))
	all.add("on_failure.alert", nameProblem(c.OnFailure.Alert))
	if n := c.OnFailure.Redrive.MaxAttempts; n < 0 || n > 1000 {
		all.add("on_failure.redrive.max_attempts", fmt.Sprintf("must be from 0 to 1000, not %d", n))
	}
	if d := c.OnFailure.Redrive.MaxAge; d < 0 || d > maxAge {
		all.add("on_failure.redrive.max_age", fmt.Sprintf("must be from 0s to %.0fh, not %v; no queue keeps a message longer", maxAge.Hours(), d))
	}
	c.Workflow.validate(&all, c.OnFailure.Park)
	return errors.Join(all...)
}

// fieldErrors gathers what is wrong with a value and names the field.
type fieldErrors []error

func (f *fieldErrors) add(field, problem string) {
	if problem != "" {
		*f = append(*f, &recloser.FieldError{Field: field, Problem: problem})
	}
}

// addressPattern is an absolute http or https address: no credentials, no query
// and no fragment, for calls bring their own.
const addressPattern = `^https?://[^/?#@\\\s]+(/[^?#\s]*)?$`

var addressRegexp = regexp.MustCompile(addressPattern)

// addressProblem says what is wrong with an address, with an example of a good
// one.
func addressProblem(address, example string) string {
	u, err := url.Parse(address)
	switch {
	case err == nil && u.User != nil, (err != nil || u.Host == "") && strings.Contains(address, "@"):
		return "must not hold credentials; a file is no place for them"
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return fmt.Sprintf("must be an absolute address such as %s, not %.60q", example, address)
	case u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return "must end before any ? or #; a call brings its own query"
	case len(address) > maxText, !addressRegexp.MatchString(address):
		return fmt.Sprintf("must be an address without spaces such as %s, not %.60q", example, address)
	}
	return ""
}

// maxText is the largest length in bytes of a name, an address or an ARN.
const maxText = 1024

// namePattern is a name, URL or ARN of something at the cloud's side.
const namePattern = `^[!-~]*$`

var nameRegexp = regexp.MustCompile(namePattern)

func nameProblem(name string) string {
	if len(name) > maxText || !nameRegexp.MatchString(name) {
		return fmt.Sprintf("must be a name, URL or ARN of at most %d ASCII characters without spaces, not %.60q", maxText, name)
	}
	return ""
}
