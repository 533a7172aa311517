package httpguard

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestRetryAfter bounds what a dependency may ask for; the policy's
// max_cooldown bounds it further.
const longestRetryAfter = 24 * time.Hour

// retryAfter returns how long the sender of a response asks to be left alone:
// the seconds of its Retry-After, or the time until the date in it. That is
// measured from the Date of the same response, so that it is the sender's clock
// that is asked what the sender's clock meant; without one, from now. It is zero
// if there is no Retry-After, or none that can be understood.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.Trim(header.Get("Retry-After"), " \t")
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return longestRetryAfter // More than 32 bits of seconds.
		}
		return min(time.Duration(seconds)*time.Second, longestRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), longestRetryAfter)
}
