package recloser_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// noon is the moment at which tests of the core begin: 2026-01-01 12:00 UTC. It
// is the first instant of a slot of every window.
const noon recloser.Instant = 1_767_268_800_000

func TestInstantOf(t *testing.T) {
	zone := time.FixedZone("far", 14*60*60)
	at := time.Date(2026, 1, 2, 2, 0, 0, 123_999_999, zone)
	i := recloser.InstantOf(at)
	if want := noon.Add(123 * time.Millisecond); i != want {
		t.Errorf("InstantOf(%v) = %d, want %d", at, i, want)
	}
	if got, want := i.Time(), at.UTC().Truncate(time.Millisecond); got != want {
		t.Errorf("Time() = %v, want %v in UTC", got, want)
	}
	if got := recloser.InstantOf(time.Unix(0, -1)); got != -1 {
		t.Errorf("a nanosecond before the epoch is %d, want -1", got)
	}
}

// FuzzInstant holds sums and differences to what they would be without bounds,
// cut to the bounds.
func FuzzInstant(f *testing.F) {
	edges := []int64{0, 1, -1, 999_999, -999_999, 1_000_000, int64(noon), math.MaxInt64, math.MinInt64, math.MaxInt64 / 1_000_000, math.MinInt64 / 1_000_000}
	for _, i := range edges {
		for _, j := range edges {
			f.Add(i, j)
		}
	}
	f.Fuzz(func(t *testing.T, i, j int64) {
		a, b := big.NewInt(i), big.NewInt(j)
		milli := big.NewInt(int64(time.Millisecond))
		// Durations are cut to whole milliseconds, towards zero.
		sum := cutToInt64(new(big.Int).Add(a, new(big.Int).Quo(b, milli)))
		if got := recloser.Instant(i).Add(time.Duration(j)); int64(got) != sum {
			t.Errorf("Instant(%d).Add(%d) = %d, want %d", i, j, got, sum)
		}
		difference := cutToInt64(new(big.Int).Mul(new(big.Int).Sub(a, b), milli))
		if got := recloser.Instant(i).Sub(recloser.Instant(j)); int64(got) != difference {
			t.Errorf("Instant(%d).Sub(%d) = %d, want %d", i, j, got, difference)
		}
	})
}

func cutToInt64(n *big.Int) int64 {
	switch {
	case n.IsInt64():
		return n.Int64()
	case n.Sign() < 0:
		return math.MinInt64
	default:
		return math.MaxInt64
	}
}
