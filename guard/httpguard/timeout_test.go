package httpguard_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/httpguard"
)

// A call that runs out of its time is a failure, and slow at that.
var timeout = recloser.Counts{Calls: 1, Failures: 1, Slow: 1}

// after returns a handler that waits before its headers and before its body, and
// then breaks off, if it is told so.
func after(headers, body time.Duration, breaks bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		pause(r.Context(), headers)
		fmt.Fprint(w, "first")
		w.(http.Flusher).Flush()
		pause(r.Context(), body)
		if breaks {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, " last")
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func TestTimes(t *testing.T) {
	const ms = time.Millisecond
	for name, row := range map[string]struct {
		headers, body time.Duration
		breaks, whole bool
		took          time.Duration
		want          recloser.Counts
		inShadow      recloser.Counts
		err           error
	}{
		"quick":                         {10 * ms, 10 * ms, false, false, 20 * ms, success, success, nil},
		"slow headers":                  {2000 * ms, 0, false, false, 2000 * ms, slow, slow, nil},
		"headers just in time":          {1999 * ms, 0, false, false, 1999 * ms, success, success, nil},
		"no headers":                    {time.Hour, 0, false, false, 3000 * ms, timeout, timeout, recloser.ErrCallTimeout},
		"slow body":                     {10 * ms, 50 * time.Second, false, false, 50_010 * ms, nothing, nothing, nil},
		"body breaks at once":           {10 * ms, 0, true, false, 10 * ms, failure, failure, io.ErrUnexpectedEOF},
		"body breaks soon":              {10 * ms, 249 * ms, true, false, 259 * ms, failure, failure, io.ErrUnexpectedEOF},
		"body breaks later":             {10 * ms, 251 * ms, true, false, 261 * ms, success, success, io.ErrUnexpectedEOF},
		"late headers, body breaks":     {1500 * ms, 1 * ms, true, false, 1501 * ms, failure, failure, io.ErrUnexpectedEOF},
		"too late headers, body breaks": {1501 * ms, 1 * ms, true, false, 1502 * ms, success, success, io.ErrUnexpectedEOF},
		"whole, quick":                  {10 * ms, 10 * ms, false, true, 20 * ms, success, success, nil},
		"whole, slow body":              {10 * ms, 2500 * ms, false, true, 2510 * ms, slow, slow, nil},
		"whole, body breaks late":       {10 * ms, 1000 * ms, true, true, 1010 * ms, failure, failure, io.ErrUnexpectedEOF},
		"whole, endless body":           {10 * ms, time.Hour, false, true, 3000 * ms, timeout, timeout, recloser.ErrCallTimeout},
	} {
		for mode, policy := range policies() {
			t.Run(name+"/"+mode, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					address, transport := servePipe(t, after(row.headers, row.body, row.breaks))
					g := guard(t, policy, over(transport), func(o *httpguard.Options) {
						if row.whole {
							wholeBody(o)
						}
					})
					took, want, fails := row.took, row.want, row.err
					if mode == "shadow" {
						want = row.inShadow
						if errors.Is(fails, recloser.ErrCallTimeout) { // Law B7: nothing is cut.
							took, fails, want = row.headers+row.body, nil, nothing
						}
					}
					began := time.Now()
					err := exchange(t, g, address)
					if !errors.Is(err, fails) {
						t.Errorf("the error is %v, want %v", err, fails)
					}
					if got := time.Since(began); got != took {
						t.Errorf("it took %v, want %v", got, took)
					}
					synctest.Wait()
					g.holds(t, want)
				})
			})
		}
	}
}

// exchange sends a request and reads the response to its end.
func exchange(t *testing.T, g guarded, address string) error {
	t.Helper()
	response, err := g.get(t.Context(), t, address)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.ReadAll(response.Body)
	return err
}

// Law B7: in shadow mode a call that takes too long is counted so while it goes on.
func TestTimeoutInShadow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		address, transport := servePipe(t, after(time.Minute, 0, false))
		g := guard(t, shadow(recloser.DefaultPolicy()), over(transport))
		done := make(chan error)
		go func() { done <- exchange(t, g, address) }()
		time.Sleep(5 * time.Second)
		g.holds(t, timeout)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestTimeoutOfClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		address, transport := servePipe(t, after(time.Hour, 0, false))
		g := guard(t, recloser.DefaultPolicy(), over(transport))
		_, err := (&http.Client{Transport: g}).Get(address) //nolint:bodyclose // There is none.
		var outer *url.Error
		if !errors.As(err, &outer) || !outer.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
		g.holds(t, timeout)
	})
}

// A call ends call.reserve before its caller's deadline.
func TestReserve(t *testing.T) {
	for name, row := range map[string]struct{ left, took time.Duration }{
		"enough": {time.Second, 800 * time.Millisecond}, "plenty": {time.Hour, 3 * time.Second},
		"little": {100 * time.Millisecond, 75 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				address, transport := servePipe(t, after(time.Hour, 0, false))
				g := guard(t, recloser.DefaultPolicy(), over(transport))
				ctx, cancel := context.WithTimeout(t.Context(), row.left)
				defer cancel()
				began := time.Now()
				if _, err := g.get(ctx, t, address); err != recloser.ErrCallTimeout { //nolint:bodyclose,errorlint // There is none; and exactly that.
					t.Errorf("the error is %v", err)
				}
				if took := time.Since(began); took != row.took {
					t.Errorf("it took %v, want %v", took, row.took)
				}
				synctest.Wait()
				b := g.panel.Breakers()[0]
				if s := b.Status(); s.Window.Failures != 1 || s.InFlight != 0 {
					t.Errorf("the circuit counted %+v", s.Window)
				}
			})
		})
	}
}

// overdue is the context of a caller whose time is up, before it has ended.
type overdue struct{ context.Context }

func (overdue) Deadline() (time.Time, bool) { return time.Now(), true }

func TestNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard(t, recloser.DefaultPolicy(), over(base(func(*http.Request) (*http.Response, error) {
			t.Error("the call was made")
			return nil, errReset
		})))
		body := newCloseSpy()
		r := httptest.NewRequestWithContext(overdue{t.Context()}, http.MethodPost, "http://a.example", body)
		r.Body = body
		if _, err := g.RoundTrip(r); !errors.Is(err, recloser.ErrNoTime) || body.closed == 0 { //nolint:bodyclose // There is none.
			t.Errorf("the error is %v, and the body was closed %d times", err, body.closed)
		}
		g.holds(t, nothing)
	})
}

// An event stream lives as long as it would without a guard, read or not.
func TestEventStream(t *testing.T) {
	for mode, policy := range policies() {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				address, transport := servePipe(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", "text/event-stream")
					for r.Context().Err() == nil {
						fmt.Fprint(w, "data: tick\n\n")
						w.(http.Flusher).Flush()
						pause(r.Context(), time.Minute)
					}
				})
				g := guard(t, policy, over(transport))
				response, err := g.get(t.Context(), t, address)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				g.holds(t, success)
				for range 100 {
					if _, err := io.ReadFull(response.Body, make([]byte, len("data: tick\n\n"))); err != nil {
						t.Fatal(err)
					}
				}
				response.Body.Close()
				g.holds(t, nothing)
			})
		})
	}
}

// A body that belongs to its call is cut even if nobody reads it.
func TestWholeBodyUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		address, transport := servePipe(t, after(0, time.Hour, false))
		g := guard(t, recloser.DefaultPolicy(), over(transport), wholeBody)
		response, err := g.get(t.Context(), t, address)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(3100 * time.Millisecond)
		synctest.Wait()
		g.holds(t, timeout)
		if _, err := io.ReadAll(response.Body); err != recloser.ErrCallTimeout { //nolint:errorlint // Exactly that.
			t.Errorf("the error is %v", err)
		}
		response.Body.Close()
		g.holds(t, timeout)
	})
}

// A caller who is slow to hand over a body, as the client of a proxy may be, must
// not make the dependency look dead; one that is slow to take it is.
func TestSlowUpload(t *testing.T) {
	for name, row := range map[string]struct {
		handler http.HandlerFunc
		writes  bool
		want    recloser.Counts
	}{
		"of the caller":     {func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) }, false, nothing},
		"of the dependency": {func(_ http.ResponseWriter, r *http.Request) { pause(r.Context(), time.Minute) }, true, timeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				address, transport := servePipe(t, row.handler)
				g := guard(t, recloser.DefaultPolicy(), over(transport))
				body, w := io.Pipe()
				go func() {
					for row.writes {
						if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
							return
						}
					}
				}()
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, address, body)
				if _, err := g.RoundTrip(r); err != recloser.ErrCallTimeout { //nolint:bodyclose,errorlint // There is none; and exactly that.
					t.Errorf("the error is %v", err)
				}
				synctest.Wait()
				g.holds(t, row.want)
				time.Sleep(time.Minute) // The server learns of it when it looks.
			})
		})
	}
}

// What a base makes of the end of its context does not hide why it ended.
func TestBaseThatHidesTheTimeout(t *testing.T) {
	for name, row := range map[string]struct {
		wait     func(context.Context)
		response *http.Response
		err      error
	}{
		"canceled": {func(ctx context.Context) { <-ctx.Done() }, nil, context.Canceled},
		"reset":    {func(ctx context.Context) { <-ctx.Done() }, nil, errReset},
		"deaf":     {func(context.Context) { time.Sleep(time.Hour) }, nil, errReset},
		"answers":  {func(ctx context.Context) { <-ctx.Done() }, &http.Response{StatusCode: 200}, nil},
		"fails":    {func(ctx context.Context) { <-ctx.Done() }, &http.Response{StatusCode: 500}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := newCloseSpy()
				g := guard(t, recloser.DefaultPolicy(), over(base(func(r *http.Request) (*http.Response, error) {
					row.wait(r.Context())
					if row.response != nil {
						row.response.Body = body
					}
					return row.response, row.err
				})))
				if _, err := g.get(t.Context(), t, "http://a.example"); err != recloser.ErrCallTimeout { //nolint:bodyclose,errorlint // There is none; and exactly that.
					t.Errorf("the error is %v", err)
				}
				if row.response != nil && body.closed == 0 {
					t.Error("the body was not closed")
				}
				synctest.Wait()
				if name != "deaf" {
					g.holds(t, timeout)
				}
			})
		})
	}
}

// An outer guard's timeout is the caller's giving up to an inner one.
func TestTimeoutOfOuterGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		address, transport := servePipe(t, after(time.Hour, 0, false))
		patient := recloser.DefaultPolicy()
		patient.Call.Timeout = 3500 * time.Millisecond
		inner := guard(t, patient, over(transport))
		outer := guard(t, recloser.DefaultPolicy(), over(inner))
		if err := exchange(t, outer, address); !errors.Is(err, recloser.ErrCallTimeout) {
			t.Errorf("the error is %v", err)
		}
		synctest.Wait()
		outer.holds(t, timeout)
		inner.holds(t, nothing)
	})
}

// Without a slow rate nothing is slow, and a body may fail its call for an eighth
// of its timeout.
func TestBodyWithoutSlowRate(t *testing.T) {
	for wait, want := range map[time.Duration]recloser.Counts{374 * time.Millisecond: failure, 376 * time.Millisecond: success} {
		synctest.Test(t, func(t *testing.T) {
			policy := recloser.DefaultPolicy()
			policy.OpenWhen.SlowRate = 0
			address, transport := servePipe(t, after(0, wait, true))
			g := guard(t, policy, over(transport))
			if err := exchange(t, g, address); err == nil {
				t.Error("the body did not break")
			}
			g.holds(t, want)
		})
	}
}
