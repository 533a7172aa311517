package simulator_test
import ("context";"testing";"github.com/recloser-dev/recloser/simulator")
func TestZZ(t *testing.T){
	h := map[int]int{}
	steps,probes := 0,0; req:=0
	for seed := range uint64(500) {
		s := simulator.Swarm(seed+1)
		r,_ := simulator.Run(context.Background(), s)
		h[min(r.Probes,40)/4]++
		steps += r.Steps; probes += r.Probes; req+=r.Requests
	}
	t.Log(h, steps, probes, req)
}
