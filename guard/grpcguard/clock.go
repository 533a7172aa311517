package grpcguard

import "time"

func now() time.Time { return time.Now() }

func afterFunc(d time.Duration, f func()) *time.Timer { return time.AfterFunc(d, f) }
