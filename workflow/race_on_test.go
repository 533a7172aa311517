//go:build race

package workflow_test

// raceEnabled is whether the race detector is on: it slows a test down tenfold.
const raceEnabled = true
