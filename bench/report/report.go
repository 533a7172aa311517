package report

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/recloser-dev/recloser/bench/bar"
	"github.com/recloser-dev/recloser/bench/machine"
	"github.com/recloser-dev/recloser/bench/peer"
)

// Report is the result of a campaign.
type Report struct {
	Setting Setting           `json:"setting"`
	Modules map[string]string `json:"modules"`
	Rows    []Row             `json:"rows"`
	Bars    []bar.Bar         `json:"bars"`
}

// Setting is where and how a campaign was made.
type Setting struct {
	machine.Machine
	Rounds int `json:"rounds"`
	// Sample is how long each sample took, in milliseconds.
	Sample float64 `json:"sample_ms"`
}

// New returns the report of the rounds.
func New(rounds []Round, length time.Duration) Report {
	measured := make(map[string]bool)
	for _, p := range peer.All() {
		measured[p.Module] = true
	}
	return Report{
		Setting: Setting{
			Machine: machine.Here(),
			Rounds:  len(rounds),
			Sample:  float64(length) / float64(time.Millisecond),
		},
		Modules: machine.Modules(func(path string) bool { return measured[path] }),
		Rows:    Rows(rounds),
		Bars:    Bars(rounds),
	}
}

// Passed reports whether every bar is known and met.
func (r Report) Passed() bool { return bar.Passed(r.Bars) }

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
	fmt.Fprintf(tab, "%v, %d rounds of %v ms\n", s.Machine, s.Rounds, s.Sample)
	for _, c := range peer.Cases {
		r.writeCase(tab, c)
	}
	bar.Write(tab, r.Bars)
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

func times(ratio float64) string {
	if ratio == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", ratio)
}
