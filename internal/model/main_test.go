package model_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// budget returns how much is explored: whenever the tests run, in `make soak`
// (RECLOSER_BUDGET=soak), and in `make prove` (RECLOSER_BUDGET=release).
func budget[T any](ci, soak, release T) T {
	switch os.Getenv("RECLOSER_BUDGET") {
	case "soak":
		return soak
	case "release":
		return release
	}
	return ci
}
