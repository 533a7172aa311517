package reclosertest_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/reclosertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	failures []string
	fatal    bool
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatal(args ...any) {
	r.failures = append(r.failures, fmt.Sprint(args...))
	r.fatal = true
	panic(r)
}

// run runs a test to its end, with its cleanups.
func run(t *testing.T, test func(tb testing.TB)) *recorder {
	t.Helper()
	r := &recorder{TB: t}
	func() {
		defer func() {
			if got := recover(); got != nil && got != any(r) {
				panic(got)
			}
		}()
		test(r)
	}()
	for _, cleanup := range r.cleanups {
		cleanup()
	}
	return r
}

func forget(b *recloser.Breaker) {
	_, _ = b.Allow(context.Background()) // The line that a failure must show.
}

func TestSettledPermitsPass(t *testing.T) {
	r := run(t, func(tb testing.TB) {
		b := reclosertest.New(tb, "payments", func(o *recloser.Options) { o.Partition = "eu" })
		_ = b.Do(context.Background(), func(context.Context) error { return errors.New("down") })
		for _, settle := range []func(recloser.Permit) recloser.Settlement{recloser.Permit.Success, recloser.Permit.Failure, recloser.Permit.Ignore} {
			p, err := b.Allow(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			settle(p)
		}
		if b.Key() != "payments/eu" {
			t.Errorf("the options were not heeded: %s", b.Key())
		}
	})
	if len(r.failures) > 0 {
		t.Errorf("failed: %q", r.failures)
	}
}

// LAWS.md, S8: what is forgotten is shown where it was taken.
func TestForgottenPermitFails(t *testing.T) {
	for _, store := range []recloser.Store{nil, new(recloser.MemoryStore)} {
		r := run(t, func(tb testing.TB) {
			b := reclosertest.New(tb, "payments", func(o *recloser.Options) { o.Store, o.Trace = store, false })
			for range 3 {
				_ = b.Do(context.Background(), func(context.Context) error { return nil })
			}
			forget(b)
			forget(b)
		})
		if len(r.failures) != 2 {
			t.Fatalf("failed %d times for two permits: %q", len(r.failures), r.failures)
		}
		first := regexp.MustCompile(`^recloser: circuit payments: a permit was not settled after \S+; it was taken at\n\t\S+/breaker_test\.go:\d+ \S+reclosertest_test\.forget\n\t\S+/breaker_test\.go:\d+ \S+TestForgottenPermitFails`)
		for _, failure := range r.failures {
			if !first.MatchString(failure) || strings.Contains(failure, "/admit.go") || strings.Contains(failure, "testing.go") {
				t.Errorf("failed with\n%s", failure)
			}
		}
	}
}

// A probe that is forgotten is shown as any other permit.
func TestUnsettledProbeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, func(tb testing.TB) {
			b := reclosertest.New(tb, "payments")
			for range 10 {
				_ = b.Do(context.Background(), func(context.Context) error { return errors.New("down") })
			}
			time.Sleep(b.Policy().OpenFor.Cooldown * 2)
			forget(b)
		})
		if len(r.failures) != 1 || !strings.Contains(r.failures[0], "reclosertest_test.forget") {
			t.Errorf("failed with %q", r.failures)
		}
	})
}

func TestUnsoundBreakerEndsTheTest(t *testing.T) {
	r := run(t, func(tb testing.TB) {
		reclosertest.New(tb, "two words")
		t.Error("the test went on")
	})
	if !r.fatal || len(r.failures) != 1 || !strings.Contains(r.failures[0], "invalid circuit name") {
		t.Errorf("failed with %q", r.failures)
	}
}
