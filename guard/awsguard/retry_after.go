package awsguard

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// longestRetryAfter bounds what a service may ask for; the policy's max_cooldown
// bounds it further.
const longestRetryAfter = 24 * time.Hour

// retryAfter returns how long a service that answered by err asks to be left
// alone: the milliseconds of X-Amz-Retry-After, or the seconds or the date of
// Retry-After. It is zero if there is neither.
func retryAfter(err error, now time.Time) time.Duration {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil || answer.Response.Response == nil {
		return 0
	}
	header := answer.Response.Header
	if wait, ok := count(header.Get("X-Amz-Retry-After"), time.Millisecond); ok {
		return wait
	}
	value := header.Get("Retry-After")
	if wait, ok := count(value, time.Second); ok {
		return wait
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date // It is the sender's clock that knows what it meant.
	}
	return min(max(at.Sub(now), 0), longestRetryAfter)
}

func count(value string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return 0, false
	}
	return min(time.Duration(n)*unit, longestRetryAfter), true
}
