package workflow_test

import "time"

// now is the time in which moto lives.
func now() time.Time { return time.Now() }
