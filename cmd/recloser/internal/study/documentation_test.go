package study_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/picture"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/story"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/study"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
	"github.com/recloser-dev/recloser/simulator"
)

//go:generate go test -run ^TestDocumentation$ -timeout 1h . -rewrite

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var rewrite = flag.Bool("rewrite", false, "draw the pictures of docs/simulations.md anew; look at them before you commit them")

// TestDocumentation draws the pictures of docs/simulations.md. Those that take long are
// drawn only to be written.
func TestDocumentation(t *testing.T) {
	if runtime.GOARCH != "amd64" && !*rewrite {
		t.Skip("other processors round sums of products otherwise, and play other runs of the same stories")
	}
	for _, one := range []struct {
		name string
		long bool
		draw func(*testing.T) []byte
	}{
		{"dead.svg", false, dead},
		{"partitions.svg", false, partitions},
		{"protocols.svg", true, protocols},
		{"retries.svg", true, retries},
	} {
		if one.long && !*rewrite {
			continue
		}
		path := filepath.Join("..", "..", "..", "..", "docs", "simulations", one.name)
		got := one.draw(t)
		if *rewrite {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what is drawn now; draw all anew with go generate ./cmd/recloser/internal/study, and look at them", path)
		}
	}
}

func outage(t *testing.T, name string) story.Outage {
	t.Helper()
	for _, o := range story.Outages() {
		if o.Name == name {
			return o
		}
	}
	t.Fatalf("no outage %s", name)
	return story.Outage{}
}

// dead is recloser simulate --outage dead.
func dead(t *testing.T) []byte {
	s := simulator.DefaultScenario()
	s.Seed, s.Fleet.Environments, s.Traffic.Rate = 1, 100, 200
	p, err := trial.Play(t.Context(), story.New(s, outage(t, "dead"), story.Setting{At: 30 * time.Second, For: time.Minute}))
	if err != nil {
		t.Fatal(err)
	}
	return picture.Pictures(p)["story.svg"]
}

func partitions(t *testing.T) []byte {
	c, err := study.PlayPartitions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return picture.Contest(c)
}

// protocols is recloser simulate --protocols.
func protocols(t *testing.T) []byte {
	s := simulator.DefaultScenario()
	s.Seed, s.Fleet.Environments, s.Traffic.Rate, s.Policy = 1, 300, 100, story.LevelPolicy()
	c, err := trial.Hold(t.Context(), story.New(s, outage(t, "gauntlet"), story.Setting{At: 30 * time.Second, For: 40 * time.Second}))
	if err != nil {
		t.Fatal(err)
	}
	return picture.Contest(c)
}

func retries(t *testing.T) []byte {
	r, err := study.PlayRetries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return picture.Retries(r)
}

// TestRetriesAreTheSameInAnyOrder plays a few on all processors, and one by one.
func TestRetriesAreTheSameInAnyOrder(t *testing.T) {
	few := func(o *study.RetriesOptions) {
		o.Clients, o.Failing, o.Duration, o.Seeds = []int{10, 500}, []float64{0.05, 0.3}, 20*time.Second, 1
	}
	var drawn [][]byte
	for _, processors := range []int{1, 4} {
		before := runtime.GOMAXPROCS(processors)
		r, err := study.PlayRetries(t.Context(), few)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		drawn = append(drawn, picture.Retries(r))
	}
	if !bytes.Equal(drawn[0], drawn[1]) {
		t.Error("the same stories are another picture on more processors")
	}
}
