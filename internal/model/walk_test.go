package model_test

import "testing"

// The core and the model agree in every step of random walks: on what is written and
// refused, on the record after it, on what every environment would be told of it,
// and on whether a real breaker makes the call. LAWS.md, S1, S2, S3, S7, S8.
func TestWalksAreTheCores(t *testing.T) {
	for k := 1; k <= 2; k++ {
		model := spin{k: k, environments: 3, threads: 2}
		dir := model.folder(t)
		taken, calls := 0, 0
		for seed := range budget(150, 3_000, 10_000) {
			walk := model.walk(t, dir, seed+1, 8_000)
			f := newFleet(walk[0], mutation{})
			n, err := f.replay(walk)
			taken += n
			for _, e := range walk {
				if e.name == "calls" {
					calls++
				}
			}
			if err != nil {
				t.Fatalf("K = %d, seed %d, step %d: %v\n%s", k, seed+1, n, err, timeline(walk[:n+1]))
			}
		}
		if calls == 0 {
			t.Error("no walk came to a call")
		}
		t.Logf("K = %d: %d steps, %d calls, 0 differences", k, taken, calls)
	}
}
