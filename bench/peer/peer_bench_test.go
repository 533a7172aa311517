package peer_test

import (
	"testing"

	"github.com/recloser-dev/recloser/bench/peer"
)

// BenchmarkCall measures what the command does, in the usual way: wall time, in
// one process, one peer after the other. On a machine with anything else to do
// the command is the one to believe.
func BenchmarkCall(b *testing.B) {
	for _, c := range peer.Cases {
		for _, p := range peer.All() {
			if !p.Has(c) {
				continue
			}
			b.Run(string(c)+"/"+p.Name, func(b *testing.B) {
				target, err := p.Start(c)
				if err != nil {
					b.Fatal(err)
				}
				defer target.Close()
				b.ReportAllocs()
				b.ResetTimer()
				if c != peer.Parallel {
					target.Calls(b.N, c.FailEvery())
					return
				}
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						target.Calls(1, 0)
					}
				})
			})
		}
	}
}
