//go:build !unix

package sample

import (
	"errors"
	"time"
)

func processTime() (time.Duration, error) {
	return 0, errors.New("read the CPU time of the process: only done on Unix; run the benchmark there")
}
