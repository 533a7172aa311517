package httpguard_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
)

// The time a dependency asks for is how long its circuit stays open.
func TestRetryAfterOpensThatLong(t *testing.T) {
	for name, row := range map[string]struct {
		status int
		value  string
		want   time.Duration
	}{
		"seconds":     {http.StatusTooManyRequests, "90", 90 * time.Second},
		"date":        {http.StatusServiceUnavailable, "Sat, 01 Jan 2000 00:02:00 GMT", 2 * time.Minute},
		"other 5xx":   {http.StatusBadGateway, "90", 90 * time.Second},
		"too long":    {http.StatusServiceUnavailable, "86400", 5 * time.Minute},
		"less":        {http.StatusServiceUnavailable, "1", 10 * time.Second},
		"nonsense":    {http.StatusServiceUnavailable, "soon", 10 * time.Second},
		"no Retry":    {http.StatusServiceUnavailable, "", 10 * time.Second},
		"not failing": {http.StatusNotFound, "90", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // It is midnight, 1 January 2000.
				policy := quick()
				policy.OpenFor.Jitter = 0
				g := guard(t, policy, over(answer(row.status, http.Header{"Retry-After": {row.value}})))
				for range 2 {
					response, err := g.get(t.Context(), t, "http://a.example")
					drain(t, response, err)
				}
				s := g.panel.Breakers()[0].Status()
				if row.want == 0 {
					if s.State != recloser.StateClosed {
						t.Errorf("the circuit is %v", s.State)
					}
					return
				}
				if got := time.Until(s.OpenUntil.Time()); s.State != recloser.StateOpen || got != row.want {
					t.Errorf("the circuit is %v for %v, want %v", s.State, got, row.want)
				}
			})
		})
	}
}
