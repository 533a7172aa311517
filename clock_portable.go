//go:build !(linux && amd64)

package recloser

import "time"

func wallNanos() int64 { return time.Now().UnixNano() }
