package recloser_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

func newBreaker(tb testing.TB, optFns ...func(*recloser.Options)) *recloser.Breaker {
	tb.Helper()
	b, err := recloser.New("payments", optFns...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.Close)
	return b
}

func BenchmarkAllowSuccess(b *testing.B) {
	breaker := newBreaker(b)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		p, err := breaker.Allow(ctx)
		if err != nil {
			b.Fatal(err)
		}
		p.Success()
	}
}

func BenchmarkAllowSuccessParallel(b *testing.B) {
	breaker := newBreaker(b)
	ctx := context.Background()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p, err := breaker.Allow(ctx)
			if err != nil {
				b.Error(err)
				return
			}
			p.Success()
		}
	})
}

func BenchmarkAllowOnePercentFailure(b *testing.B) {
	breaker := newBreaker(b)
	ctx := context.Background()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		p, err := breaker.Allow(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if n++; n%100 == 0 {
			p.Failure()
		} else {
			p.Success()
		}
	}
}

func BenchmarkDo(b *testing.B) {
	breaker := newBreaker(b)
	ctx := context.Background()
	call := func(context.Context) error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		if err := breaker.Do(ctx, call); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReject(b *testing.B) {
	breaker := newBreaker(b)
	ctx := context.Background()
	for range 20 {
		if p, err := breaker.Allow(ctx); err == nil {
			p.Failure()
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := breaker.Allow(ctx); !errors.Is(err, recloser.ErrOpen) {
			b.Fatal(err)
		}
	}
}

func BenchmarkTwoSince(b *testing.B) {
	base := time.Now()
	for b.Loop() {
		_ = time.Since(base)
		_ = time.Since(base)
	}
}
