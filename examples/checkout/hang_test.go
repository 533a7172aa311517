package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// TestHangIsCounted: Lambda kills the function at its timeout, and with it whoever
// would have told of the call. It has been counted by then, so the circuit opens,
// and the next buyers have their answer at once.
func TestHangIsCounted(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			// The function's timeout is shorter than the call's.
			c := deploy(t, b, 1500*time.Millisecond, map[string]string{variableDeaf: "yes", "RECLOSER_CALL__TIMEOUT": "1700ms", "RECLOSER_OPEN_FOR__COOLDOWN": "3s"})
			c.warm(t)
			c.payments.hang()
			killed, turnedAway := 0, 0
			c.rush(t, environments, func(p purchase) bool {
				switch {
				case strings.Contains(p.failure, "Task timed out after 1.50 seconds"):
					killed++
				case p.status == http.StatusServiceUnavailable:
					turnedAway++
				case p.status != http.StatusCreated: // One that had begun before.
					t.Errorf("a function that hangs answers %+v", p)
				}
				return c.record(t).State == recloser.StateOpen && turnedAway >= environments
			})
			if cause := c.record(t).Cause; cause.Rule != recloser.RuleFailureRate || cause.Failures < 10 {
				t.Errorf("it opened because of %v", cause)
			}
			if killed == 0 {
				t.Error("no function was killed")
			}
			t.Logf("it opened after %d functions were killed: %v", killed, c.record(t).Cause)
		})
	}
}
