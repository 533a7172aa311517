package valkeystore_test

import (
	"testing"

	"github.com/recloser-dev/recloser"
)

// BenchmarkStore compares the operations of a store with the commands that they
// come down to.
func BenchmarkStore(b *testing.B) {
	url := valkey.URL(b)
	s, plain := open(b, url), client(b, url)
	const slot = 1_767_225_600_000
	if _, err := s.Apply(b.Context(), "bench", recloser.Watch{At: slot, Share: 1}); err != nil {
		b.Fatal(err)
	}
	report := recloser.Report{Watch: slot, Share: 0.5, Voice: "a", Counted: []recloser.Slot{{Start: slot, Counts: recloser.Counts{Calls: 9, Failures: 4, Reports: 1}}}}
	trivial, err := plain.ScriptLoad(b.Context(), "return redis.call('HGETALL', KEYS[1])").Result()
	if err != nil {
		b.Fatal(err)
	}
	for _, row := range []struct {
		name string
		run  func() error
	}{
		{"load", func() error { _, err := s.Load(b.Context(), "bench"); return err }},
		{"report", func() error { _, err := s.Apply(b.Context(), "bench", report); return err }},
		{"conflict", func() error { _, _ = s.Apply(b.Context(), "bench", recloser.Unwatch{Generation: 9}); return nil }},
		{"plain HGETALL", func() error { return plain.HGetAll(b.Context(), "recloser:{bench}").Err() }},
		{"plain EVALSHA", func() error { return plain.EvalSha(b.Context(), trivial, []string{"recloser:{bench}"}).Err() }},
	} {
		b.Run(row.name, func(b *testing.B) {
			for b.Loop() {
				if err := row.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(row.name+", parallel", func(b *testing.B) {
			b.SetParallelism(8)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if err := row.run(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
