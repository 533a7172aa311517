package config

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Workflow says how a Step Functions workflow calls through the circuit.
type Workflow struct {
	// WhenOpen is what becomes of a request that the circuit turns away: fail
	// at once, wait for the circuit and make the call then (a standard workflow
	// only), park it on on_failure.park, or call the fallback. A request may ask
	// for another. Defaults to fail.
	WhenOpen string `json:"when_open"`
	// Fallback is the function that is called instead, with the payload of the
	// request, by its name or ARN. Defaults to "", which falls back to nothing.
	Fallback string `json:"fallback"`
	// Health is the function that is called to probe a circuit without traffic,
	// by its name or ARN. Defaults to "": such a circuit waits for the next call.
	Health string `json:"health"`
	// Tasks are the integrations that a request may ask for, by their resource
	// without arn:aws:states:::. Defaults to [lambda:invoke, http:invoke].
	Tasks []string `json:"tasks"`
	// Attempts says how often one request is tried.
	Attempts Attempts `json:"attempts"`
}

// Attempts says how often one request is tried. Each attempt is a call of its own,
// which the circuit must admit and counts.
type Attempts struct {
	// Max is how often it is tried in all. Defaults to 1.
	Max int `json:"max"`
	// Interval is how long to wait at most before the second attempt; the wait
	// is a random part of it. Defaults to 1s.
	Interval time.Duration `json:"interval"`
	// Backoff multiplies that before each further one. Defaults to 2.
	Backoff float64 `json:"backoff"`
	// MaxDelay bounds the wait. Defaults to 30s.
	MaxDelay time.Duration `json:"max_delay"`
}

// defaultWorkflow returns the workflow with every default.
func defaultWorkflow() Workflow {
	return Workflow{
		WhenOpen: whenOpen[0], Tasks: []string{"lambda:invoke", "http:invoke"},
		Attempts: Attempts{Max: 1, Interval: time.Second, Backoff: 2, MaxDelay: 30 * time.Second},
	}
}

// whenOpen are the values of when_open.
var whenOpen = [...]string{"fail", "wait", "park", "fallback"}

// taskPattern is an integration of Step Functions by its service and its action.
const taskPattern = `^[A-Za-z0-9-]+(:[A-Za-z0-9-]+)+$`

var taskRegexp = regexp.MustCompile(taskPattern)

// Limits of a workflow.
const (
	maxAttempts = 100
	maxWait     = 24 * time.Hour
)

func (w Workflow) validate(all *fieldErrors, park string) {
	if !slices.Contains(whenOpen[:], w.WhenOpen) {
		all.add("workflow.when_open", fmt.Sprintf("must be fail, wait, park or fallback, not %.40q", w.WhenOpen))
	}
	if w.WhenOpen == "park" && park == "" {
		all.add("workflow.when_open", "is park, and there is no queue; name one in on_failure.park")
	}
	if w.WhenOpen == "fallback" && w.Fallback == "" {
		all.add("workflow.when_open", "is fallback, and there is no function; name one in workflow.fallback")
	}
	all.add("workflow.fallback", nameProblem(w.Fallback))
	all.add("workflow.health", nameProblem(w.Health))
	entries(all, "workflow.tasks", w.Tasks, func(task string) string {
		if len(task) <= maxEntry && taskRegexp.MatchString(task) {
			return ""
		}
		return fmt.Sprintf("must be an integration such as lambda:invoke or aws-sdk:sqs:sendMessage, not %.40q", task)
	})
	if n := w.Attempts.Max; n < 1 || n > maxAttempts {
		all.add("workflow.attempts.max", fmt.Sprintf("must be from 1 to %d, not %d", maxAttempts, n))
	}
	if b := w.Attempts.Backoff; !(b >= 1 && b <= 100) {
		all.add("workflow.attempts.backoff", fmt.Sprintf("must be from 1 to 100, not %v", b))
	}
	for name, d := range map[string]time.Duration{"interval": w.Attempts.Interval, "max_delay": w.Attempts.MaxDelay} {
		if d < 0 || d > maxWait {
			all.add("workflow.attempts."+name, fmt.Sprintf("must be from 0s to %v, not %v", maxWait, d))
		}
	}
}
