package valkeystore_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// clock is moved by the test alone.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) wall() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) mono() time.Duration { return time.Duration(c.wall().UnixNano()) }

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// outages are the ways in which a server is away. Each returns where it should be,
// and what brings it back.
var outages = map[string]func(*testing.T) (string, func()){
	"nobody listens": func(t *testing.T) (string, func()) {
		s := start(t, "")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return s.URL, func() { start(t, strings.TrimPrefix(s.URL, "redis://")) }
	},
	"no answers": poisoned(testserver.LosesAnswer),
	"resets":     poisoned(testserver.Resets),
	"cut short":  poisoned(testserver.CutsAnswer(7)),
	"too slow":   poisoned(testserver.DelaysAnswer(500*time.Millisecond, 0)),
	"wrong password": func(t *testing.T) (string, func()) {
		s := start(t, "", "--requirepass", "right")
		return strings.Replace(s.URL, "redis://", "redis://:wrong@", 1), func() {
			c := client(t, strings.Replace(s.URL, "redis://", "redis://:right@", 1))
			if err := c.ConfigSet(t.Context(), "requirepass", "wrong").Err(); err != nil {
				t.Fatal(err)
			}
		}
	},
}

// TestOutage: a server that is away rejects no call and is asked at most once in
// a back-off window; when it is back, it is asked again. LAWS.md, B1, L3.
func TestOutage(t *testing.T) {
	for name, away := range outages {
		t.Run(name, func(t *testing.T) {
			url, back := away(t)
			c := &clock{now: time.Unix(1_767_225_600, 0)}
			failures, returns := 0, 0
			s := open(t, url)
			b, err := recloser.New("outage", func(o *recloser.Options) {
				o.Store = s
				o.Clock = recloser.Clock{Wall: c.wall, Mono: c.mono, AfterFunc: func(time.Duration, func()) func() bool { return func() bool { return true } }}
				o.Observers = append(o.Observers, recloser.ObserverFunc(func(e recloser.Event) {
					if e.Kind == recloser.EventStoreFailed {
						failures++
						t.Log(e)
					}
					if e.Kind == recloser.EventStoreBack {
						returns++
					}
				}))
			})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			asked := 0
			for range 10_000 { // 100 seconds.
				began := time.Now()
				p, err := b.Allow(t.Context())
				if err != nil {
					t.Fatalf("it rejected a call: %v", err)
				}
				p.Success()
				if time.Since(began) > 20*time.Millisecond {
					asked++
				}
				c.advance(10 * time.Millisecond)
			}
			if s := b.Status(); !s.Detached || failures != 1 || s.Rejected != 0 {
				t.Errorf("%d failures told; Status() = %+v", failures, s)
			}
			if asked > 50 {
				t.Errorf("%d calls waited in 100 s of back-off windows of 2.5 s and longer", asked)
			}
			back()
			for range 6 {
				c.advance(5 * time.Second)
				if _, err := b.Refresh(t.Context()); err == nil {
					break
				}
			}
			if s := b.Status(); s.Detached || returns != 1 {
				t.Errorf("the server is back; Status() = %+v, %d returns", s, returns)
			}
		})
	}
}

// poisoned is a server behind a network that fails.
func poisoned(toxic string) func(*testing.T) (string, func()) {
	return func(t *testing.T) (string, func()) {
		p := testserver.NewProxy(t, valkey.URL(t))
		p.Poison(toxic)
		return p.URL(), p.Heal
	}
}

// TestKilledServer: a server that is killed amid writes and comes back empty is
// asked again, by the connections of before, and given its scripts anew.
func TestKilledServer(t *testing.T) {
	server := start(t, "")
	s := open(t, server.URL)
	var done sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		done.Go(func() {
			for i := recloser.Instant(1); ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				r, err := s.Load(t.Context(), "killed")
				if err == nil {
					_, err = s.Apply(t.Context(), "killed", recloser.Watch{Generation: r.Generation, Was: r.WatchSince, At: i, Share: 1})
				}
				if err != nil && !errors.Is(err, recloser.ErrConflict) && !errors.Is(err, valkeystore.ErrUnreachable) {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 3 {
		if err := server.Close(); err != nil { // By kill -9.
			t.Fatal(err)
		}
		server = start(t, strings.TrimPrefix(server.URL, "redis://"))
		for {
			if r, err := s.Load(t.Context(), "killed"); err == nil && r.WatchSince > 0 {
				break
			}
		}
	}
	close(stop)
	done.Wait()
}
