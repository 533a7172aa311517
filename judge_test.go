package recloser_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
)

// past returns a window of one-second slots: the last of calls in that of noon,
// and each before in a slot before.
func past(calls ...recloser.Counts) recloser.Window {
	var w recloser.Window
	for i, c := range calls {
		w = w.Add(noon.Add(time.Duration(i-len(calls)+1)*time.Second), c)
	}
	return w
}

func failing(failures, calls int) recloser.Counts {
	return recloser.Counts{Calls: calls, Failures: failures}
}

func judged(p recloser.Policy, c ...recloser.Counts) (recloser.Cause, bool) {
	return p.Judge(past(c...), 0, noon)
}

// TestWilsonAsPublished finds the lower bound by the threshold at which the
// verdict changes. The bounds are those of R. G. Newcombe, "Two-sided confidence
// intervals for the single proportion", Statistics in Medicine 17 (1998), table
// I, method 3: 95% on two sides is 97.5% on one.
func TestWilsonAsPublished(t *testing.T) {
	for _, row := range []struct {
		k, n  int
		bound float64
	}{
		{81, 263, 0.2553},
		{15, 148, 0.0624},
		{1, 29, 0.0061},
	} {
		p := recloser.DefaultPolicy()
		p.OpenWhen.Confidence, p.OpenWhen.SlowRate = 0.975, 0
		for _, side := range []struct {
			threshold float64
			want      bool
		}{{row.bound - 0.00005, true}, {row.bound + 0.00005, false}} {
			p.OpenWhen.FailureRate = recloser.Share(side.threshold)
			if _, got := judged(p, failing(row.k, row.n)); got != side.want {
				t.Errorf("%d of %d at %v: evidence is %t, want %t", row.k, row.n, p.OpenWhen.FailureRate, got, side.want)
			}
		}
	}
}

// fewestFailures returns how many of n calls must fail to be evidence under p.
func fewestFailures(p recloser.Policy, n int) int {
	for k := range n + 1 {
		if _, ok := judged(p, failing(k, n)); ok {
			return k
		}
	}
	return n + 1
}

// TestUniformFailuresAreNoEvidence: exactly how likely it is that a dependency of
// which a quarter of calls fails gives evidence against a rule of one half, for
// every number of calls that are looked at. LAWS.md, B3.
func TestUniformFailuresAreNoEvidence(t *testing.T) {
	p := recloser.DefaultPolicy()
	most := 0.0
	for n := 1; n <= 600; n++ {
		k := fewestFailures(p, n)
		if 4*k <= n || k > n && n >= p.OpenWhen.MinCalls {
			t.Errorf("%d of %d calls are evidence", k, n)
		}
		if n < p.OpenWhen.MinCalls && k <= n {
			t.Errorf("%d of %d calls are evidence, below min_calls", k, n)
		}
		most = max(most, binomialTail(n, k, 0.25))
	}
	// All of the first ten: 0.25^10.
	if most > 1e-6 {
		t.Errorf("the likelihood of a false verdict is %v, want at most 0.000001", most)
	}
}

// binomialTail returns the probability of k or more successes of n, each of
// probability p.
func binomialTail(n, k int, p float64) float64 {
	tail := 0.0
	logChoose := func(n, k int) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		return a - b - c
	}
	for i := k; i <= n; i++ {
		tail += math.Exp(logChoose(n, i) + float64(i)*math.Log(p) + float64(n-i)*math.Log(1-p))
	}
	return tail
}

// TestDeadDependencyIsEvidenceAtOnce: the first min_calls that all fail.
func TestDeadDependencyIsEvidenceAtOnce(t *testing.T) {
	p := recloser.DefaultPolicy()
	if cause, ok := judged(p, failing(9, 9)); ok {
		t.Errorf("9 calls are evidence: %v", cause)
	}
	cause, ok := judged(p, failing(10, 10))
	want := recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 10, Failures: 10, Span: 2 * time.Second}
	if !ok || cause != want {
		t.Errorf("got %+v, %t; want %+v", cause, ok, want)
	}
}

func TestJudge(t *testing.T) {
	good, bad, quiet := failing(0, 40), failing(40, 40), recloser.Counts{}
	slow := recloser.Counts{Calls: 40, Slow: 40}
	plain := func(p *recloser.Policy) { p.OpenWhen.Confidence = 0 }
	all := func(p *recloser.Policy) { p.OpenWhen.FailureRate = 1 }
	for _, row := range []struct {
		name string
		set  func(*recloser.Policy)
		past []recloser.Counts
		rule recloser.Rule
		span time.Duration
	}{
		{"a healthy hour hides no fresh outage", nil, []recloser.Counts{good, good, good, good, good, good, good, good, bad, bad}, recloser.RuleFailureRate, 2 * time.Second},
		{"an outage that is over", nil, []recloser.Counts{bad, quiet, good, good, good, good, good, good, good, good}, "", 0},
		{"evidence of three seconds", nil, []recloser.Counts{failing(4, 4), failing(3, 3), failing(4, 4)}, recloser.RuleFailureRate, 3 * time.Second},
		{"evidence of five seconds", nil, []recloser.Counts{failing(4, 4), failing(2, 2), failing(2, 2), failing(2, 2), failing(2, 2)}, recloser.RuleFailureRate, 5 * time.Second},
		{"evidence of the whole window", nil, []recloser.Counts{failing(1, 1), failing(1, 1), failing(1, 1), failing(1, 1), failing(1, 1), failing(1, 1), failing(1, 1), failing(1, 1), failing(1, 1), failing(1, 1)}, recloser.RuleFailureRate, 10 * time.Second},
		{"what has slid out", nil, []recloser.Counts{bad, good, quiet, quiet, quiet, quiet, quiet, quiet, quiet, quiet, quiet}, "", 0},
		{"half and half is not sure", nil, []recloser.Counts{failing(20, 40)}, "", 0},
		{"half and half by the plain rate", plain, []recloser.Counts{failing(20, 40)}, recloser.RuleFailureRate, 10 * time.Second},
		{"the plain rate looks at the whole window", plain, []recloser.Counts{good, good, good, bad, bad}, "", 0},
		{"the plain rate asks for min_calls", plain, []recloser.Counts{failing(9, 9)}, "", 0},
		{"all of all", all, []recloser.Counts{failing(10, 10)}, recloser.RuleFailureRate, 2 * time.Second},
		{"all of all but one", all, []recloser.Counts{failing(999, 1000)}, "", 0},
		{"slow calls", nil, []recloser.Counts{slow}, recloser.RuleSlowRate, 2 * time.Second},
		{"slow calls, not judged", func(p *recloser.Policy) { p.OpenWhen.SlowRate = 0 }, []recloser.Counts{slow}, "", 0},
		{"failed calls, not judged", func(p *recloser.Policy) { p.OpenWhen.FailureRate = 0 }, []recloser.Counts{bad}, "", 0},
		{"failed and slow calls", nil, []recloser.Counts{{Calls: 40, Failures: 40, Slow: 40}}, recloser.RuleFailureRate, 2 * time.Second},
		{"more calls asked for", func(p *recloser.Policy) { p.OpenWhen.MinCalls = 81 }, []recloser.Counts{bad, bad}, "", 0},
		{"no call at all", func(p *recloser.Policy) { p.OpenWhen.MinCalls = 0 }, []recloser.Counts{quiet}, "", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := recloser.DefaultPolicy()
			if row.set != nil {
				row.set(&p)
			}
			cause, ok := judged(p, row.past...)
			if ok != (row.rule != "") || cause.Rule != row.rule || cause.Span != row.span {
				t.Errorf("got %+v, %t", cause, ok)
			}
		})
	}
}

// TestJudgeIsExactAtTheThreshold: at or above means at, too, whatever the
// threshold is as a floating-point number.
func TestJudgeIsExactAtTheThreshold(t *testing.T) {
	p := recloser.DefaultPolicy()
	p.OpenWhen.Confidence, p.OpenWhen.SlowRate, p.OpenWhen.MinCalls = 0, 0, 1
	for percent := 1; percent <= 100; percent++ {
		text := fmt.Sprintf("%d%%", percent)
		if err := p.OpenWhen.FailureRate.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		for _, times := range []int{1, 3, 7, 1000} {
			if _, ok := judged(p, failing(percent*times, 100*times)); !ok {
				t.Errorf("%d of %d calls are below %s", percent*times, 100*times, text)
			}
			if _, ok := judged(p, failing(percent*times-1, 100*times)); ok {
				t.Errorf("%d of %d calls are not below %s", percent*times-1, 100*times, text)
			}
		}
	}
}

// TestJudgeLooksAtItsWindow: from its beginning, to as far ahead as clocks may
// be.
func TestJudgeLooksAtItsWindow(t *testing.T) {
	p := recloser.DefaultPolicy()
	w := recloser.Window{}.Add(noon, failing(40, 40))
	for _, row := range []struct {
		from, now recloser.Instant
		want      bool
	}{
		{0, noon, true},
		{math.MinInt64, noon, true},
		{noon.Add(999 * time.Millisecond), noon.Add(time.Second), true}, // The slot is not divided.
		{noon.Add(time.Second), noon.Add(time.Second), false},
		{0, noon.Add(9999 * time.Millisecond), true},
		{0, noon.Add(10 * time.Second), false},
		{0, noon.Add(-p.HalfOpen.Margin), true},
		{0, noon.Add(-p.HalfOpen.Margin - time.Millisecond), false},
	} {
		if _, ok := p.Judge(w, row.from, row.now); ok != row.want {
			t.Errorf("from %d to %d: got %t, want %t", row.from-noon, row.now-noon, ok, row.want)
		}
	}
}

// TestJudgeIsAsANaiveOne compares each verdict with one that is found slot by
// slot and suffix by suffix.
func TestJudgeIsAsANaiveOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := recloser.DefaultPolicy()
		p.OpenWhen.Window = time.Duration(rapid.IntRange(1, 100).Draw(t, "window")) * time.Second
		p.OpenWhen.Confidence = rapid.SampledFrom([]recloser.Share{0, 0.3, 0.5, 0.9, 0.999, 0.99999}).Draw(t, "confidence")
		p.OpenWhen.FailureRate = recloser.Share(rapid.IntRange(0, 100).Draw(t, "failure rate")) / 100
		p.OpenWhen.SlowRate = recloser.Share(rapid.IntRange(0, 100).Draw(t, "slow rate")) / 100
		p.OpenWhen.MinCalls = rapid.IntRange(1, 40).Draw(t, "min calls")
		width := p.OpenWhen.Window / recloser.WindowSlots
		begin := noon.Add(-noon.Sub(0) % width)
		var w recloser.Window
		for range rapid.IntRange(0, 16).Draw(t, "slots") {
			n := rapid.IntRange(0, 30).Draw(t, "calls")
			c := recloser.Counts{Calls: n, Failures: rapid.IntRange(0, n).Draw(t, "failures"), Slow: rapid.IntRange(0, n).Draw(t, "slow")}
			w = w.Add(begin.Add(time.Duration(rapid.IntRange(-12, 4).Draw(t, "slot"))*width), c)
		}
		now := begin.Add(time.Duration(rapid.Int64Range(0, int64(width)-1).Draw(t, "now")))
		from := begin.Add(time.Duration(rapid.IntRange(-14, 2).Draw(t, "from")) * width)
		want, wantOK := naiveJudge(p, w, from, begin, now)
		if got, ok := p.Judge(w, from, now); got != want || ok != wantOK {
			t.Fatalf("got %+v, %t; want %+v, %t", got, ok, want, wantOK)
		}
	})
}

// naiveJudge judges the window at now, which is in the slot that begins at last.
func naiveJudge(p recloser.Policy, w recloser.Window, from, last, now recloser.Instant) (recloser.Cause, bool) {
	width := p.OpenWhen.Window / recloser.WindowSlots
	suffixes := []int{2, 3, 5, 10}
	if p.OpenWhen.Confidence == 0 {
		suffixes = []int{10}
	}
	z := 0.0
	if p.OpenWhen.Confidence > 0.5 {
		z = math.Sqrt2 * math.Erfinv(2*float64(p.OpenWhen.Confidence)-1)
	}
	// Wilson's bound is the smaller root of (rate - x)² = z² x(1-x)/n, so x is
	// below it where the rate is z deviations of x above x.
	above := func(k, n int, x recloser.Share) bool {
		rate, threshold := float64(k)/float64(n), float64(x)
		return x > 0 && rate-threshold >= z*math.Sqrt(threshold*(1-threshold)/float64(n))-1e-12
	}
	for _, n := range suffixes {
		first := max(last.Add(-time.Duration(n-1)*width), from)
		sum := w.Sum(first, now.Add(p.HalfOpen.Margin))
		if sum.Calls < p.OpenWhen.MinCalls {
			continue
		}
		cause := recloser.Cause{Calls: sum.Calls, Failures: sum.Failures, Slow: sum.Slow, Span: time.Duration(n) * width}
		switch {
		case above(sum.Failures, sum.Calls, p.OpenWhen.FailureRate):
			cause.Rule = recloser.RuleFailureRate
			return cause, true
		case above(sum.Slow, sum.Calls, p.OpenWhen.SlowRate):
			cause.Rule = recloser.RuleSlowRate
			return cause, true
		}
	}
	return recloser.Cause{}, false
}
