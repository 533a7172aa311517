package recloser_test

import (
	"context"
	"hash/maphash"
	"testing"
)

// A rejection is counted exactly where counting is cheap, and by sample where a
// process makes millions a second: short by up to a sixth if it does nothing else.
func TestRejectionsAreCounted(t *testing.T) {
	b := newBreaker(t)
	ctx := context.Background()
	for range 20 {
		if p, err := b.Allow(ctx); err == nil {
			p.Failure()
		}
	}
	before := b.Status().Rejected
	for range 500 {
		_, _ = b.Allow(ctx)
	}
	if got := b.Status().Rejected - before; got != 500 {
		t.Errorf("counted %d of 500 rejections", got)
	}
	const many = 1_000_000
	before = b.Status().Rejected
	var seed maphash.Hash
	for range many {
		_, _ = b.Allow(ctx)
		for range 10 { // A caller has other things to do.
			_ = seed.WriteByte(1)
			seed.Sum64()
		}
	}
	if got := float64(b.Status().Rejected-before) / many; got < 0.8 || got > 1.2 {
		t.Errorf("counted %.3f of the rejections", got)
	}
}
