package recloser_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/explorer"
)

func TestExploreSize(t *testing.T) {
	if os.Getenv("CFG") == "" {
		t.Skip()
	}
	c := explorer.Config{Window: window, Limit: 20_000_000}
	var k, envs, skew int
	var gens int
	fmt.Sscan(os.Getenv("CFG"), &k, &envs, &skew, &gens, &c.Faults, &c.Late, &c.Freezes, &c.Kills, &c.Pauses, &c.Calls, &c.Limit)
	c.Policy = explored(k)
	c.Generations = gens
	c.Skew = make([]int, envs)
	c.Skew[envs-1] = skew
	began := time.Now()
	r := explorer.Explore(c)
	way := r.Way
	r.Way = explorer.Timeline{}
	t.Logf("%s: %+v %v", os.Getenv("CFG"), r, time.Since(began).Round(time.Second/10))
	if r.Broken != "" {
		t.Logf("\n%s", way)
	}
}
