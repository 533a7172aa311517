package dev

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

// How long the sample upstream takes when it is well.
const (
	leastLatency  = 2 * time.Millisecond
	latencySpread = 10 * time.Millisecond
	longestHang   = time.Minute
)

// Upstream is a dependency to play with: it answers every path, and its faults
// can be switched while it runs, for each circuit of its own. A circuit calls it
// under /<circuit>/. It is safe for concurrent use.
type Upstream struct {
	changed func(circuit string, f Fault)

	mu      sync.Mutex
	faults  map[string]Fault // One for each circuit that calls it.
	stopped chan struct{}
	once    sync.Once
}

// NewUpstream returns a healthy upstream of the named circuits, which tells
// changed of every fault that is switched.
func NewUpstream(circuits []string, changed func(circuit string, f Fault)) *Upstream {
	u := &Upstream{changed: changed, faults: make(map[string]Fault), stopped: make(chan struct{})}
	for _, name := range circuits {
		u.faults[name] = Fault{}
	}
	return u
}

// Handler returns the upstream with its switch: GET and POST /faults.
func (u *Upstream) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /faults", u.showFaults)
	mux.HandleFunc("POST /faults", u.switchFaults)
	mux.HandleFunc("/{circuit}/{path...}", u.answer)
	return mux
}

// Stop ends the calls that hang.
func (u *Upstream) Stop() { u.once.Do(func() { close(u.stopped) }) }

// Fault returns the fault of one circuit.
func (u *Upstream) Fault(circuit string) Fault {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.faults[circuit]
}

// SetFault switches the fault of one circuit, or of all if circuit is empty.
func (u *Upstream) SetFault(circuit string, f Fault) error {
	u.mu.Lock()
	names := []string{circuit}
	if circuit == "" {
		names = slices.Sorted(maps.Keys(u.faults))
	} else if _, ok := u.faults[circuit]; !ok {
		names = slices.Sorted(maps.Keys(u.faults))
		u.mu.Unlock()
		return fmt.Errorf("%w: %.80q does not call the sample upstream; %s", admin.ErrNotFound, circuit, admin.Suggest(circuit, names))
	}
	var switched []string
	for _, name := range names {
		if u.faults[name] != f {
			u.faults[name] = f
			switched = append(switched, name)
		}
	}
	u.mu.Unlock()
	for _, name := range switched {
		u.changed(name, f)
	}
	return nil
}

func (u *Upstream) showFaults(w http.ResponseWriter, _ *http.Request) {
	u.mu.Lock()
	faults := maps.Clone(u.faults)
	u.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	// The client is gone if this fails.
	_ = json.NewEncoder(w).Encode(map[string]any{"schema_version": admin.SchemaVersion, "faults": faults})
}

func (u *Upstream) switchFaults(w http.ResponseWriter, r *http.Request) {
	var wanted faultJSON
	err := admin.DecodeBody(w, r, &wanted)
	if err != nil {
		admin.WriteError(w, err)
		return
	}
	f, err := wanted.fault()
	if err != nil {
		admin.WriteProblem(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := u.SetFault(wanted.Circuit, f); err != nil {
		admin.WriteError(w, err)
		return
	}
	u.showFaults(w, r)
}

func (u *Upstream) answer(w http.ResponseWriter, r *http.Request) {
	circuit := r.PathValue("circuit")
	f := u.Fault(circuit)
	wait := leastLatency + time.Duration(rand.Int64N(int64(latencySpread))) + f.Delay
	if f.Hang {
		wait = longestHang
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return
	case <-u.stopped:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	status, answer := http.StatusOK, "ok"
	switch {
	case f.RetryAfter > 0:
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
		status, answer = http.StatusTooManyRequests, "too many requests"
	case rand.Float64() < float64(f.Errors):
		status, answer = http.StatusInternalServerError, "the sample upstream was told to fail"
	}
	w.WriteHeader(status)
	// The client is gone if this fails.
	_ = json.NewEncoder(w).Encode(map[string]string{
		"circuit": circuit, "method": r.Method, "path": "/" + r.PathValue("path"), "answer": answer,
	})
}
