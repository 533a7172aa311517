package machine_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/bench/machine"
)

func TestHere(t *testing.T) {
	m := machine.Here()
	if m.Go != runtime.Version() || m.CPUs != runtime.NumCPU() || m.GOMAXPROCS < 1 {
		t.Errorf("%+v", m)
	}
	if _, err := time.Parse(time.DateOnly, m.Date); err != nil {
		t.Error(err)
	}
	for _, want := range []string{m.Date, m.Go, runtime.GOARCH, "GOMAXPROCS", "GOGC"} {
		if !strings.Contains(m.String(), want) {
			t.Errorf("%q does not say %q", m, want)
		}
	}
}
