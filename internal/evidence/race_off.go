//go:build !race

package evidence

// Race is whether the race detector is on: it slows a test down tenfold.
const Race = false
