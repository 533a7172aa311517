package report

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"text/tabwriter"
	"time"

	"github.com/recloser-dev/recloser/bench/peer"
)

// Report is the result of a campaign.
type Report struct {
	Setting Setting           `json:"setting"`
	Modules map[string]string `json:"modules"`
	Rows    []Row             `json:"rows"`
	Bars    []Bar             `json:"bars"`
}

// Setting is where and how a campaign was made.
type Setting struct {
	Date       string `json:"date"`
	Go         string `json:"go"`
	Platform   string `json:"platform"`
	CPUs       int    `json:"cpus"`
	GOMAXPROCS int    `json:"gomaxprocs"`
	// GOGC is the target of the garbage collector in percent; it runs while
	// calls are measured.
	GOGC   uint64 `json:"gogc"`
	Rounds int    `json:"rounds"`
	// Sample is how long each sample took, in milliseconds.
	Sample float64 `json:"sample_ms"`
}

// New returns the report of the rounds.
func New(rounds []Round, length time.Duration) Report {
	return Report{
		Setting: Setting{
			Date:       time.Now().UTC().Format(time.DateOnly),
			Go:         runtime.Version(),
			Platform:   runtime.GOOS + "/" + runtime.GOARCH,
			CPUs:       runtime.NumCPU(),
			GOMAXPROCS: runtime.GOMAXPROCS(0),
			GOGC:       gogc(),
			Rounds:     len(rounds),
			Sample:     float64(length) / float64(time.Millisecond),
		},
		Modules: modules(),
		Rows:    Rows(rounds),
		Bars:    Bars(rounds),
	}
}

// Passed reports whether every bar is known and met.
func (r Report) Passed() bool {
	for _, b := range r.Bars {
		if !b.Pass {
			return false
		}
	}
	return true
}

func gogc() uint64 {
	percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(percent)
	if percent[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return percent[0].Value.Uint64()
}

// modules returns the version of each peer's module.
func modules() map[string]string {
	versions := make(map[string]string)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versions
	}
	measured := make(map[string]bool)
	for _, p := range peer.All() {
		measured[p.Module] = true
	}
	for _, m := range info.Deps {
		switch {
		case measured[m.Path] && m.Replace != nil:
			versions[m.Path] = "this checkout"
		case measured[m.Path]:
			versions[m.Path] = m.Version
		}
	}
	return versions
}

func title(c peer.Case) string {
	switch c {
	case peer.Closed:
		return "closed: every call succeeds"
	case peer.Errors:
		return "errors: one call in a hundred fails, the circuit stays closed"
	case peer.Open:
		return "open: every call is rejected"
	case peer.Parallel:
		return "parallel: closed, two goroutines at once; wall time from call to call of either"
	}
	return string(c)
}

// WriteText writes the report as tables for people.
func (r Report) WriteText(w io.Writer) error {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	s := r.Setting
	fmt.Fprintf(tab, "%s, %s, %s, %d CPUs, GOMAXPROCS %d, GOGC %d, %d rounds of %v ms\n",
		s.Date, s.Go, s.Platform, s.CPUs, s.GOMAXPROCS, s.GOGC, s.Rounds, s.Sample)
	for _, c := range peer.Cases {
		r.writeCase(tab, c)
	}
	r.writeBars(tab)
	if err := tab.Flush(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (r Report) writeCase(tab *tabwriter.Writer, c peer.Case) {
	head := "\tallocs\tbytes"
	if c == peer.Parallel {
		head = "\tscaling\twaited"
	}
	begun := false
	for _, row := range r.Rows {
		if row.Case != c {
			continue
		}
		if !begun {
			fmt.Fprintf(tab, "\n%s\n\n", title(c))
			fmt.Fprintf(tab, "ns min\tns median%s\t÷ gobreaker rolling\t÷ 2 time.Since\t  %s\n", head, "peer")
			begun = true
		}
		extra := fmt.Sprintf("%.2f\t%.0f", row.Allocs, row.Bytes)
		if c == peer.Parallel {
			extra = fmt.Sprintf("%.2f\t%.0f%%", row.Scaling, 100*row.Waited)
		}
		fmt.Fprintf(tab, "%.1f\t%.1f\t%s\t%s\t%s\t  %s\n", row.Min, row.Median, extra, times(row.ToGobreaker), times(row.ToClocks), row.Peer)
	}
}

func (r Report) writeBars(tab *tabwriter.Writer) {
	fmt.Fprintf(tab, "\nbars\n\nmeasured\tlimit\tverdict\t  %s\n", "what")
	for _, b := range r.Bars {
		sign := "≤"
		if b.AtLeast {
			sign = "≥"
		}
		measured, verdict := fmt.Sprintf("%.2f", b.Measured), "FAIL"
		switch {
		case !b.Known:
			measured, verdict = "-", "not measured"
		case b.Pass:
			verdict = "pass"
		}
		fmt.Fprintf(tab, "%s\t%s %v\t%s\t  %s\n", measured, sign, b.Limit, verdict, b.What)
	}
}

func times(ratio float64) string {
	if ratio == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", ratio)
}
