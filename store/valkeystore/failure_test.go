package valkeystore_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

const secret = "hunter2"

// faulty expects an error of a kind, in one line that shows no secret.
func faulty(t *testing.T, err, kind error) {
	t.Helper()
	var e *valkeystore.Error
	if !errors.Is(err, kind) || !errors.As(err, &e) || errors.Is(err, recloser.ErrConflict) {
		t.Fatalf("want %q, got %v", kind, err)
	}
	if s := err.Error(); strings.Contains(s, "\n") || strings.Contains(s, secret) || !strings.HasPrefix(s, "valkeystore: ") {
		t.Errorf("got error %q", s)
	}
	t.Log(err)
}

// TestCredentials: who may not come in is told so.
func TestCredentials(t *testing.T) {
	with := func(url, userinfo string) string { return strings.Replace(url, "redis://", "redis://"+userinfo+"@", 1) }
	guarded := start(t, "", "--requirepass", "right").URL
	t.Run("wrong password", func(t *testing.T) {
		_, err := open(t, with(guarded, ":"+secret)).Load(t.Context(), "a")
		faulty(t, err, valkeystore.ErrCredentials)
	})
	t.Run("no password", func(t *testing.T) {
		_, err := open(t, guarded).Load(t.Context(), "a")
		faulty(t, err, valkeystore.ErrCredentials)
	})
	t.Run("no such user", func(t *testing.T) {
		_, err := open(t, with(guarded, "nobody:"+secret)).Load(t.Context(), "a")
		faulty(t, err, valkeystore.ErrCredentials)
	})
	t.Run("provider fails", func(t *testing.T) {
		gone := errors.New("no token for " + secret)
		_, err := open(t, guarded, func(o *valkeystore.OpenOptions) {
			o.Credentials = func(context.Context) (string, string, error) { return "", "", gone }
		}).Load(t.Context(), "a")
		faulty(t, err, valkeystore.ErrCredentials)
		if !errors.Is(err, gone) {
			t.Error("the provider's own error is lost")
		}
	})
	t.Run("provider", func(t *testing.T) {
		asked := 0
		_, err := open(t, guarded, func(o *valkeystore.OpenOptions) {
			o.Credentials = func(context.Context) (string, string, error) { asked++; return "", "right", nil }
		}).Load(t.Context(), "a")
		if err != nil || asked != 1 {
			t.Errorf("asked %d times; error %v", asked, err)
		}
	})
}

// TestRefusals: what real servers refuse is told apart.
func TestRefusals(t *testing.T) {
	watch := recloser.Watch{At: 1, Share: 1}
	t.Run("replica", func(t *testing.T) {
		replica := start(t, "", "--replicaof", "127.0.0.1 1").URL
		_, err := open(t, replica).Apply(t.Context(), "a", watch)
		faulty(t, err, valkeystore.ErrReadOnly)
		if _, err := open(t, replica).Load(t.Context(), "a"); err != nil {
			t.Errorf("a replica can be read: %v", err)
		}
	})
	t.Run("full", func(t *testing.T) {
		full := start(t, "").URL
		s := open(t, full)
		if _, err := s.Apply(t.Context(), "a", watch); err != nil {
			t.Fatal(err)
		}
		if err := client(t, full).ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
			t.Fatal(err)
		}
		for _, w := range []recloser.Write{
			recloser.Watch{Was: 1, At: 2, Share: 1},
			recloser.Unwatch{Was: 1},
			recloser.Report{Watch: 1, Share: 0.5, Voice: "a"},
			recloser.Transition{To: recloser.StateOpen, Since: 1},
			recloser.Claim{First: true, Lease: recloser.Lease{Token: "a", End: 1}},
			recloser.Claim{Lease: recloser.Lease{Token: "a", End: 1}},
			recloser.SetOverride{},
		} {
			_, err := s.Apply(t.Context(), "a", w)
			faulty(t, err, valkeystore.ErrMemory)
		}
		if r, err := s.Load(t.Context(), "a"); err != nil || r.WatchSince != 1 || r.Generation != 0 {
			t.Errorf("a server that is full can be read, and nothing was half written: %+v, %v", r, err)
		}
		if entries, err := s.History(t.Context(), "a", 0, 10); err != nil || len(entries) > 0 {
			t.Errorf("what was refused is remembered: %+v, %v", entries, err)
		}
	})
	for name, server := range map[string]*testserver.Shared{"valkey": &valkey, "redis": &redis7} {
		t.Run("wrong type on "+name, func(t *testing.T) {
			url := server.URL(t)
			if err := client(t, url).Set(t.Context(), "recloser:{text}", "text", 0).Err(); err != nil {
				t.Fatal(err)
			}
			s := open(t, url)
			_, err := s.Load(t.Context(), "text")
			faulty(t, err, valkeystore.ErrWrongType)
			_, err = s.Apply(t.Context(), "text", watch)
			faulty(t, err, valkeystore.ErrWrongType)
		})
	}
	t.Run("no such database", func(t *testing.T) {
		_, err := open(t, valkey.URL(t)+"/99").Load(t.Context(), "a")
		var e *valkeystore.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), "database") {
			t.Errorf("got error %v", err)
		}
	})
	t.Run("closed", func(t *testing.T) {
		s := open(t, valkey.URL(t))
		s.Close()
		_, err := s.Load(t.Context(), "a")
		faulty(t, err, valkeystore.ErrUnreachable)
	})
	t.Run("nobody", func(t *testing.T) {
		_, err := open(t, "redis://:"+secret+"@127.0.0.1:1").Load(t.Context(), "a")
		faulty(t, err, valkeystore.ErrUnreachable)
	})
}

// TestWordsOfServers: what a server may say is told apart, before Redis 7 and
// after.
func TestWordsOfServers(t *testing.T) {
	for words, kind := range map[string]error{
		"MOVED 3999 127.0.0.1:6381":                                                                  valkeystore.ErrCluster,
		"ASK 3999 127.0.0.1:6381":                                                                    valkeystore.ErrCluster,
		"CLUSTERDOWN The cluster is down":                                                            valkeystore.ErrCluster,
		"CROSSSLOT Keys in request don't hash to the same slot":                                      valkeystore.ErrCluster,
		"LOADING Valkey is loading the dataset in memory":                                            valkeystore.ErrUnavailable,
		"MASTERDOWN Link with MASTER is down":                                                        valkeystore.ErrUnavailable,
		"BUSY Redis is busy running a script.":                                                       valkeystore.ErrUnavailable,
		"MISCONF Errors writing to the AOF file":                                                     valkeystore.ErrUnavailable,
		"ERR max number of clients reached":                                                          valkeystore.ErrUnavailable,
		"NOPERM this user has no permissions to run the 'evalsha' command":                           valkeystore.ErrDenied,
		"NOSCRIPT No matching script.":                                                               valkeystore.ErrUnavailable,
		"ERR unknown command 'evalsha_ro', with args beginning with: x":                              valkeystore.ErrUnavailable,
		"ERR Error running script (call to f_1): @user_script:12: WRONGTYPE Operation against a key": valkeystore.ErrWrongType,
		"ERR Error running script (call to f_1): @user_script: 12: -OOM command not allowed when used memory > 'maxmemory'": valkeystore.ErrMemory,
		"ERR something of " + secret: valkeystore.ErrUnavailable,
		secret + " is what I say":    valkeystore.ErrUnavailable,
	} {
		t.Run(words[:5], func(t *testing.T) {
			_, err := open(t, says(t, "-"+words+"\r\n")).Load(t.Context(), "a")
			faulty(t, err, kind)
		})
	}
	for _, reply := range []string{"+OK\r\n", ":1\r\n", "*0\r\n", "*1\r\n:7\r\n", "*2\r\n:1\r\n*1\r\n+a\r\n", "*2\r\n:1\r\n*2\r\n+a\r\n:1\r\n", "$-1\r\n", "*2\r\n:1\r\n:1\r\n", "HTTP/1.1 400 Bad Request\r\n"} {
		if r, err := open(t, says(t, reply)).Load(t.Context(), "a"); err == nil || r != (recloser.Record{}) {
			t.Errorf("%q was taken for an answer: %+v, %v", reply, r, err)
		}
	}
}

// says is a server that answers everything by the same.
func says(t *testing.T, reply string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				lines := bufio.NewScanner(conn)
				hello := false
				for lines.Scan() {
					switch line := strings.ToLower(lines.Text()); {
					case line == "hello":
						hello = true
					case strings.HasPrefix(line, "*"):
						hello = false
					}
					if text := lines.Text(); hello && text == "2" {
						fmt.Fprint(conn, "*0\r\n")
					} else if !hello && text == "recloser:{a}" {
						fmt.Fprint(conn, reply)
					}
				}
			}()
		}
	}()
	return "redis://" + l.Addr().String()
}

// TestTLS: a connection is secured, and only to whom it is meant for.
func TestTLS(t *testing.T) {
	https := httptest.NewTLSServer(nil) // For its certificate.
	defer https.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: https.TLS.Certificates, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	upstream := strings.TrimPrefix(valkey.URL(t), "redis://")
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", upstream)
			if err != nil {
				conn.Close()
				return
			}
			go func() { defer to.Close(); defer conn.Close(); _, _ = io.Copy(to, conn) }()
			go func() { defer to.Close(); defer conn.Close(); _, _ = io.Copy(conn, to) }()
		}
	}()
	url := "valkeys://" + l.Addr().String()
	_, err = open(t, url).Load(t.Context(), "tls")
	faulty(t, err, valkeystore.ErrUnreachable)
	roots := x509.NewCertPool()
	roots.AddCert(https.Certificate())
	trusting := open(t, url, func(o *valkeystore.OpenOptions) { o.TLS.RootCAs = roots })
	if _, err := trusting.Load(t.Context(), "tls"); err != nil {
		t.Errorf("with the right roots: %v", err)
	}
	_, err = open(t, strings.Replace(valkey.URL(t), "redis://", "rediss://", 1)).Load(t.Context(), "tls")
	faulty(t, err, valkeystore.ErrUnreachable)
}

// TestClientMustHonourContexts: a client that would wait for ever is refused.
func TestClientMustHonourContexts(t *testing.T) {
	for _, c := range []redis.UniversalClient{
		redis.NewClient(&redis.Options{}),
		redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}}),
	} {
		if _, err := valkeystore.New(c); err == nil {
			t.Errorf("%T is taken", c)
		}
		c.Close()
	}
}
