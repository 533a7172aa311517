//go:build !race

package valkeystore_test

const raceEnabled = false
