package valkeystore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/storetest"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// divided returns the URLs of two servers that share the keys.
func divided(t *testing.T) [2]string {
	t.Helper()
	first, second := start(t, "", "--cluster-enabled", "yes"), start(t, "", "--cluster-enabled", "yes")
	for i, server := range []string{first.URL, second.URL} {
		c := client(t, server)
		if err := c.ClusterAddSlotsRange(t.Context(), i*8192, i*8192+8191).Err(); err != nil {
			t.Fatal(err)
		}
		host, port, _ := strings.Cut(strings.TrimPrefix(second.URL, "redis://"), ":")
		if i == 0 {
			if err := c.ClusterMeet(t.Context(), host, port).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, server := range []string{first.URL, second.URL} {
		c := client(t, server)
		for {
			info, err := c.ClusterInfo(t.Context()).Result()
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_slots_ok:16384") {
				break
			}
		}
	}
	return [2]string{first.URL, second.URL}
}

func whole(o *valkeystore.OpenOptions) { o.Cluster = true }

// TestCluster holds the store to the contract on two servers that share the
// keys, and tells one who asks a single one of them where he is.
func TestCluster(t *testing.T) {
	urls := divided(t)
	t.Run("contract", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) recloser.Store { return open(t, urls[0], whole) }, func(o *storetest.Options) { o.Histories = 5 })
	})
	t.Run("one of it", func(t *testing.T) {
		s, moved := open(t, urls[0]), 0
		for i := range 20 {
			if _, err := s.Load(t.Context(), fmt.Sprint("circuit", i)); err != nil {
				moved++
				faulty(t, err, valkeystore.ErrCluster)
			}
		}
		if moved == 0 {
			t.Error("it serves everything")
		}
	})
}
