package recloser_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/explorer"
)

func TestExploreSize(t *testing.T) {
	c := explorer.Config{Window: window, Limit: 20_000_000}
	var k, envs, skew int
	var gens int
	fmt.Sscan(os.Getenv("CFG"), &k, &envs, &skew, &gens, &c.Faults, &c.Late, &c.Freezes, &c.Kills, &c.Pauses, &c.Limit)
	c.Policy = explored(k)
	c.Generations = gens
	c.Skew = make([]int, envs)
	c.Skew[envs-1] = skew
	began := time.Now()
	r := explorer.Explore(c)
	path := r.Path
	r.Path = nil
	t.Logf("%s: %+v %v", os.Getenv("CFG"), r, time.Since(began).Round(time.Second/10))
	if path != nil {
		tl, err := explorer.Draw(c, path)
		t.Logf("\n%s %v", tl, err)
	}
}
