// Package machine says where and with what figures were measured.
package machine

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Machine is where something was measured, and when.
type Machine struct {
	Date       string `json:"date"`
	Go         string `json:"go"`
	Platform   string `json:"platform"`
	CPUs       int    `json:"cpus"`
	GOMAXPROCS int    `json:"gomaxprocs"`
	// GOGC is the target of the garbage collector in percent; it runs while
	// calls are measured.
	GOGC uint64 `json:"gogc"`
}

// Here returns this machine, today.
func Here() Machine {
	return Machine{
		Date:       time.Now().UTC().Format(time.DateOnly),
		Go:         runtime.Version(),
		Platform:   runtime.GOOS + "/" + runtime.GOARCH,
		CPUs:       runtime.NumCPU(),
		GOMAXPROCS: runtime.GOMAXPROCS(0),
		GOGC:       gogc(),
	}
}

// String returns the machine as the beginning of a line.
func (m Machine) String() string {
	return fmt.Sprintf("%s, %s, %s, %d CPUs, GOMAXPROCS %d, GOGC %d",
		m.Date, m.Go, m.Platform, m.CPUs, m.GOMAXPROCS, m.GOGC)
}

func gogc() uint64 {
	percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(percent)
	if percent[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return percent[0].Value.Uint64()
}

// Modules returns the versions in this program of the modules whose paths are
// chosen.
func Modules(chosen func(path string) bool) map[string]string {
	versions := make(map[string]string)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versions
	}
	for _, m := range info.Deps {
		switch {
		case !chosen(m.Path):
		case m.Replace != nil:
			versions[m.Path] = "this checkout"
		default:
			versions[m.Path] = m.Version
		}
	}
	return versions
}
