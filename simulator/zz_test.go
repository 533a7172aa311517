package simulator_test
import ("context";"testing";"os";"strconv";"github.com/recloser-dev/recloser/simulator")
func TestTrace(t *testing.T) {
	seed, _ := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	s := simulator.Swarm(seed)
	t.Logf("%+v", s)
	f, _ := os.Create("/tmp/simx/trace.txt")
	defer f.Close()
	r, err := simulator.Run(context.Background(), s, simulator.NewTrace(f))
	t.Log(err, r.Counts, r.Steps, r.Opened, r.Closed, r.Transitions)
	for _, v := range r.Violations {
		t.Logf("%+v", v)
	}
}
func TestLong(t *testing.T) {
	from, _ := strconv.ParseUint(os.Getenv("FROM"), 10, 64)
	to, _ := strconv.ParseUint(os.Getenv("TO"), 10, 64)
	for seed := from; seed < to; seed++ {
		r, err := simulator.Run(context.Background(), simulator.Swarm(seed))
		if err != nil { t.Fatal(seed, err) }
		for i, v := range r.Violations { if i < 2 { t.Logf("seed %d: %+v", seed, v) } }
		if seed%1000 == 0 { t.Log("at", seed) }
	}
}
