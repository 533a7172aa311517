// Package workflow writes Step Functions state machines that guard calls with a
// circuit: in Amazon States Language with JSONata, without a function of their
// own, over the same item as store/dynamostore.
//
//	files, err := workflow.Generate("payments", func(o *workflow.Options) { o.Policy = policy })
//
// A workflow is an environment without a memory. Each execution of the guard
// reads the record once, decides by spec/protocol.md, makes the call, and tells
// what it came to if it was drawn for that; docs/step-functions.md has the state
// machines, what they need and what they cost.
package workflow

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
)

// ErrOptions is matched by the error of options that make no state machine.
var ErrOptions = errors.New("workflow: invalid options")

// What becomes of a request that the circuit turns away.
const (
	// WhenOpenFail fails at once, with the error Recloser.CircuitOpen and the
	// time to retry.
	WhenOpenFail = "fail"
	// WhenOpenWait waits for the circuit and makes the call then. Only a
	// standard execution can; an express one fails.
	WhenOpenWait = "wait"
	// WhenOpenPark puts the request on Options.Park.
	WhenOpenPark = "park"
	// WhenOpenFallback calls Options.Fallback instead.
	WhenOpenFallback = "fallback"
)

// Options are what the state machines of one circuit are made of.
type Options struct {
	// Policy is the rules of the circuit. Defaults to
	// [recloser.DefaultPolicy]. A state machine counts the time of a call in
	// whole seconds: Call.Timeout is rounded down to them, and is at least 1s.
	// It has no memory, so it knows neither failures in a row, nor how many
	// calls are in flight: OpenWhen.Consecutive and Call.Concurrency do not
	// concern it.
	Policy recloser.Policy
	// HTTP, Errors and Ignore say what is a failure, as failures in
	// recloser.yaml does: statuses such as 503 or 5xx, and names of errors.
	// HTTP defaults to 5xx and 429, the others to none.
	HTTP, Errors, Ignore []string
	// Table is the name or the ARN of the table of records. Defaults to
	// "recloser".
	Table string
	// Expiry is how long a record outlives its last write; see
	// dynamostore.Options.Expiry. Defaults to 90 days.
	Expiry time.Duration
	// Tasks are the integrations that a request may ask for, by their resource
	// without "arn:aws:states:::", such as "http:invoke" or
	// "aws-sdk:bedrockruntime:invokeModel". Defaults to "lambda:invoke" and
	// "http:invoke".
	Tasks []string
	// WhenOpen is what becomes of a request that the circuit turns away, unless
	// it says so itself. Defaults to [WhenOpenFail].
	WhenOpen string
	// Park is the queue of WhenOpenPark by its name, URL or ARN. Defaults to
	// none.
	Park string
	// Fallback is the function of WhenOpenFallback by its name or ARN. It is
	// called with the payload of the request. Defaults to none.
	Fallback string
	// Redrives is how often a parked request is made again before it stays
	// parked. Defaults to 5.
	Redrives int
	// Attempts is how often one request is tried, each a call of its own that
	// the circuit must admit and counts. Defaults to 1.
	Attempts int
	// Interval, Backoff and MaxDelay are how long to wait before the n-th
	// attempt after the first: a random part of
	// min(MaxDelay, Interval × Backoff^(n−1)), in whole seconds. They default
	// to 1s, 2 and 30s.
	Interval time.Duration
	Backoff  float64
	MaxDelay time.Duration
	// Health is the function that the recovery calls to probe a circuit without
	// traffic, by its name or ARN, with Payload {"circuit": key}. Defaults to none,
	// and then there is no recovery.
	Health string
}

// The longest of what a state machine can wait for.
const longest = 24 * time.Hour

func defaults() Options {
	return Options{
		Policy: recloser.DefaultPolicy(), HTTP: []string{"5xx", "429"}, Table: "recloser", Expiry: 90 * 24 * time.Hour,
		Tasks: []string{lambdaInvoke, "http:invoke"}, WhenOpen: WhenOpenFail, Attempts: 1, Redrives: 5,
		Interval: time.Second, Backoff: 2, MaxDelay: 30 * time.Second,
	}
}

const lambdaInvoke = "lambda:invoke"

var (
	taskRegexp  = regexp.MustCompile(`^[A-Za-z0-9-]+(:[A-Za-z0-9-]+)+$`)
	namedRegexp = regexp.MustCompile(`^[!-~]+$`)
	tableRegexp = regexp.MustCompile(`^(arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]+:table/)?[A-Za-z0-9_.-]{3,255}$`)
)

// validate reports everything that is wrong with o.
func (o *Options) validate(circuit string) error {
	var problems []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf("%w: "+format, append([]any{ErrOptions}, args...)...))
		}
	}
	if _, err := recloser.Key(circuit, ""); err != nil {
		problems = append(problems, fmt.Errorf("%w: %w", ErrOptions, err))
	}
	if err := o.Policy.Validate(); err != nil {
		problems = append(problems, fmt.Errorf("%w: %w", ErrOptions, err))
	}
	least := o.timeout() + o.Policy.HalfOpen.Margin
	require(o.Policy.Lease() >= least, "half_open.lease is %v, and a call of a workflow takes up to %v, so that with the margin it must be %v; raise it",
		o.Policy.Lease(), o.timeout(), least)
	require(tableRegexp.MatchString(o.Table), "the table is %.300q, and must be a name of 3 to 255 letters, digits, dots, hyphens and underscores, or an ARN", o.Table)
	require(o.Expiry >= 8*24*time.Hour, "the expiry is %v, and must be at least 8 days", o.Expiry)
	require(len(o.Tasks) > 0 && len(o.Tasks) <= 16, "there are %d tasks, and must be from 1 to 16", len(o.Tasks))
	for _, task := range o.Tasks {
		require(taskRegexp.MatchString(task) && len(task) <= 128, "a task is an integration such as lambda:invoke or aws-sdk:sqs:sendMessage, not %.140q", task)
		require(!strings.Contains(task, ".sync") && !strings.Contains(task, ".waitForTaskToken"), "the task %.140q waits for more than a call", task)
	}
	require(slices.Contains([]string{WhenOpenFail, WhenOpenWait, WhenOpenPark, WhenOpenFallback}, o.WhenOpen),
		"when_open is fail, wait, park or fallback, not %.40q", o.WhenOpen)
	require(o.WhenOpen != WhenOpenPark || o.Park != "", "when_open is park, and there is no queue to park on; name one in on_failure.park")
	require(o.WhenOpen != WhenOpenFallback || o.Fallback != "", "when_open is fallback, and there is no function to fall back to; name one in workflow.fallback")
	for what, name := range map[string]string{"the queue": o.Park, "the fallback": o.Fallback, "the health task": o.Health} {
		require(name == "" || len(name) <= 1024 && namedRegexp.MatchString(name), "%s is %.60q, and must be a name, URL or ARN without spaces", what, name)
	}
	require(o.Attempts >= 1 && o.Attempts <= 100, "there are %d attempts, and must be from 1 to 100", o.Attempts)
	require(o.Redrives >= 0 && o.Redrives <= 1000, "there are %d redrives, and must be from 0 to 1000", o.Redrives)
	require(o.Interval >= 0 && o.Interval <= longest && o.MaxDelay >= 0 && o.MaxDelay <= longest, "an attempt waits from 0s to %v", longest)
	require(o.Backoff >= 1 && o.Backoff <= 100, "the backoff between attempts is %v, and must be from 1 to 100", o.Backoff)
	return errors.Join(problems...)
}

// timeout returns how long a call of a state machine may take: Step Functions
// knows whole seconds only.
func (o *Options) timeout() time.Duration {
	return max(o.Policy.Call.Timeout.Truncate(time.Second), time.Second)
}

// whens returns what a request may ask for when the circuit is open.
func (o *Options) whens() []string {
	all := []string{WhenOpenFail, WhenOpenWait}
	if o.Park != "" {
		all = append(all, WhenOpenPark)
	}
	if o.Fallback != "" {
		all = append(all, WhenOpenFallback)
	}
	return all
}
