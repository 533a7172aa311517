package valkeystore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// TestOpen: a URL that cannot be read is refused in a line that shows nothing of
// its password, and nothing is asked of a server.
func TestOpen(t *testing.T) {
	for url, ok := range map[string]bool{
		"redis://host": true, "valkey://host:6380/3": true, "rediss://host": true, "valkeys://:" + secret + "@host": true,
		"valkey://user:" + secret + "@[::1]:6379": true,
		"":                                           false,
		"host:6379":                                  false,
		"localhost":                                  false,
		"http://:" + secret + "@host":                false,
		"redis://":                                   false,
		"redis://:" + secret + "@":                   false,
		"redis://user:" + secret + "/more@host":      false,
		"redis://user:" + secret + "%zz@host":        false,
		"redis://user:" + secret + "@host:port":      false,
		"redis://user:" + secret + "@host/a":         false,
		"redis://user:" + secret + "@host/-1":        false,
		"redis://host?password=" + secret:            false,
		"redis://user:" + secret + "#more@host:6379": false,
		"redis:" + secret:                            false,
		secret + "://host\x7f":                       false,
	} {
		s, err := valkeystore.Open(url)
		if (err == nil) != ok {
			t.Errorf("%q: got error %v", url, err)
		}
		if err == nil {
			if text := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(text, secret) {
				t.Errorf("%q: the store shows the password", url)
			}
			s.Close()
		} else if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got error %q", url, err)
		}
	}
}

// TestOptions: what cannot hold is refused.
func TestOptions(t *testing.T) {
	for name, fn := range map[string]func(*valkeystore.OpenOptions){
		"prefix":         func(o *valkeystore.OpenOptions) { o.Prefix = "a{b}" },
		"long prefix":    func(o *valkeystore.OpenOptions) { o.Prefix = strings.Repeat("a", 129) },
		"expiry":         func(o *valkeystore.OpenOptions) { o.Expiry = time.Hour },
		"timeout":        func(o *valkeystore.OpenOptions) { o.Timeout = 0 },
		"cluster's base": func(o *valkeystore.OpenOptions) { o.Cluster = true },
	} {
		if _, err := valkeystore.Open("redis://host/1", fn); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

// TestPrefixes: records of different prefixes are different, and a prefix is no
// pattern.
func TestPrefixes(t *testing.T) {
	stores := make(map[string]*valkeystore.Store)
	for _, prefix := range []string{"", "p:", "p*:", "p[1]:", `p\:`, "p?:"} {
		stores[prefix] = open(t, valkey.URL(t)+"/5", func(o *valkeystore.OpenOptions) { o.Prefix = prefix })
		if _, err := stores[prefix].Apply(t.Context(), "a/x"+prefix, recloser.Watch{At: 1, Share: 1}); err != nil {
			t.Fatal(err)
		}
	}
	for prefix, s := range stores {
		keys, err := s.Keys(t.Context(), "", 10)
		if err != nil || len(keys) != 1 || !strings.HasPrefix(keys[0], "a") {
			t.Errorf("%q: got %q and %v", prefix, keys, err)
		}
	}
}
