package valkeystore_test

import (
	"errors"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// thief stands between a client and a server, takes an answer now and then, and
// closes the connection it came on. Others are not disturbed, so that whoever
// asks again is heard.
type thief struct {
	listener net.Listener
	upstream string
	share    float64
	armed    atomic.Bool
	done     sync.WaitGroup
}

func newThief(t *testing.T, url string, share float64) *thief {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	th := &thief{listener: l, upstream: strings.TrimPrefix(url, "redis://"), share: share}
	th.done.Go(th.serve)
	t.Cleanup(func() {
		l.Close()
		th.done.Wait()
	})
	return th
}

func (th *thief) url() string { return "redis://" + th.listener.Addr().String() }

func (th *thief) serve() {
	for {
		from, err := th.listener.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", th.upstream)
		if err != nil {
			from.Close()
			continue
		}
		th.done.Go(func() { th.carry(to, from, false) })
		th.done.Go(func() { th.carry(from, to, true) })
	}
}

func (th *thief) carry(to, from net.Conn, answers bool) {
	defer to.Close()
	defer from.Close()
	text := make([]byte, 64<<10)
	for {
		n, err := from.Read(text)
		if err != nil {
			return
		}
		if answers && (th.armed.CompareAndSwap(true, false) || rand.Float64() < th.share) {
			return
		}
		if _, err := to.Write(text[:n]); err != nil {
			return
		}
	}
}

// TestStolenAnswer: a write whose answer is stolen is not sent again, though it
// would be heard; not by any client. LAWS.md, S3.
func TestStolenAnswer(t *testing.T) {
	const slot = 1_767_225_600_000
	th := newThief(t, valkey.URL(t), 0)
	retrying := redis.NewClient(&redis.Options{Addr: th.listener.Addr().String(), ContextTimeoutEnabled: true, MaxRetries: 5})
	defer retrying.Close()
	theirs, err := valkeystore.New(retrying)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*valkeystore.Store{"theirs": theirs, "ours": open(t, th.url())} {
		key := "stolen/" + name
		for _, w := range []recloser.Write{recloser.Watch{At: slot, Share: 1}, recloser.Report{Watch: slot, Share: 1}} {
			if _, err := s.Apply(t.Context(), key, w); err != nil {
				t.Fatal(err)
			}
		}
		th.armed.Store(true)
		_, err := s.Apply(t.Context(), key, recloser.Report{Watch: slot, Share: 1, Counted: []recloser.Slot{{Start: slot, Counts: recloser.Counts{Calls: 1}}}})
		if !errors.Is(err, valkeystore.ErrUnreachable) {
			t.Errorf("%s: got error %v", name, err)
		}
		if r, err := s.Load(t.Context(), key); err != nil || r.Window[0].Calls != 1 {
			t.Errorf("%s: one report of one call came to %d, error %v", name, r.Window[0].Calls, err)
		}
	}
}
