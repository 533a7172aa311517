package dynamostore

import "time"

// wallClock is the only clock that is read: connections and items age while an
// environment is frozen.
func wallClock() time.Time { return time.Now().Round(0) }
