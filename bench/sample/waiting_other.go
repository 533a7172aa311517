//go:build !linux

package sample

import "time"

func waiting() (time.Duration, bool) { return 0, false }
