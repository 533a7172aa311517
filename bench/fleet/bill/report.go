package bill

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/recloser-dev/recloser/bench/bar"
	"github.com/recloser-dev/recloser/bench/fleet/circuit"
	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/machine"
)

// Report is the result of a campaign.
type Report struct {
	Setting Setting           `json:"setting"`
	Modules map[string]string `json:"modules"`
	Prices  Price             `json:"prices"`
	Runs    []Run             `json:"runs"`
	Bars    []bar.Bar         `json:"bars"`
}

// Setting is where and how a campaign was made.
type Setting struct {
	machine.Machine
	// Rate is how many calls a second each fleet makes.
	Rate float64 `json:"rate"`
	// Short is whether it went by the short plan.
	Short bool `json:"short,omitempty"`
}

// New returns the report of the runs.
func New(runs []Run, short bool) Report {
	measured := map[string]bool{
		"github.com/recloser-dev/recloser":              true,
		"github.com/sony/gobreaker/v2":                  true,
		"github.com/redis/go-redis/v9":                  true,
		"github.com/aws/aws-sdk-go-v2/service/dynamodb": true,
	}
	return Report{
		Setting: Setting{Machine: machine.Here(), Rate: phase.PlanOf(short).Rate, Short: short},
		Modules: machine.Modules(func(path string) bool { return measured[path] }),
		Prices:  Prices(),
		Runs:    runs,
		Bars:    Bars(runs),
	}
}

// Passed reports whether every bar is known and met.
func (r Report) Passed() bool { return bar.Passed(r.Bars) }

// title says what happens in a phase.
func title(name phase.Name) string {
	switch name {
	case phase.Healthy:
		return "healthy: every call succeeds"
	case phase.Background:
		return "1% errors: one call in a hundred fails"
	case phase.Flaky:
		return "25% errors: one call in four fails, which should open nothing"
	case phase.Outage:
		return "outage: every call fails, until the circuit opens"
	case phase.Open:
		return "open: every call would fail"
	case phase.Probing:
		return "probing: every call would succeed, until the circuit closes"
	case phase.Ramp:
		return "ramp: traffic returns"
	case phase.Again:
		return "healthy again: every call succeeds"
	case phase.Slow:
		return "slow but healthy: every call succeeds after 700 ms"
	case phase.Warming:
	}
	return string(name)
}

// WriteText writes the report as tables for people.
func (r Report) WriteText(w io.Writer) error {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	s := r.Setting
	fmt.Fprintf(tab, "%v, %v calls/s of each fleet\n", s.Machine, s.Rate)
	fmt.Fprintf(tab, "DynamoDB at $%v and $%v for a million read and write units, %s, %s\n",
		r.Prices.ReadUnit, r.Prices.WriteUnit, r.Prices.Region, r.Prices.Date)
	for _, name := range phase.Names {
		r.writePhase(tab, name)
	}
	bar.Write(tab, r.Bars)
	if err := tab.Flush(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (r Report) writePhase(tab *tabwriter.Writer, name phase.Name) {
	begun := false
	for _, run := range r.Runs {
		for _, p := range run.Phases {
			if p.Phase != name {
				continue
			}
			if !begun {
				fmt.Fprintf(tab, "\n%s\n\n", title(name))
				fmt.Fprintf(tab, "seconds\tcalls/s\treached\trejected\tlost\treads/s\twrites/s\tworst s\trefused\tops/call\treads/env/5s\t$/M calls\topened\tlate\t  %s\n", "fleet")
				begun = true
			}
			r.writeRow(tab, run, p)
		}
	}
}

func (r Report) writeRow(tab *tabwriter.Writer, run Run, p Phase) {
	c := p.Calls
	begun := max(c.Due, 1)
	dollars, opened, late := "-", "-", fmt.Sprintf("%d ms", p.Late.Milliseconds())
	if run.Peer == circuit.RecloserDynamoDB {
		dollars = fmt.Sprintf("%.3f", p.Dollars(r.Prices))
	}
	if p.Openings > 0 {
		opened = fmt.Sprintf("%.1f s", p.OpenedAfter.Seconds())
	}
	if p.Busy() {
		late += " busy"
	}
	fmt.Fprintf(tab, "%.1f\t%.0f\t%d\t%s\t%s\t%.2f\t%.2f\t%d\t%d\t%.3f\t%.2f\t%s\t%s\t%s\t  %v\n",
		p.Seconds, float64(c.Reached+c.Rejected)/p.Seconds, c.Reached, percent(c.Rejected, begun), percent(c.Lost+c.Skipped, begun),
		perSecond(p.Reads, p.Seconds), perSecond(p.Writes, p.Seconds), p.Asked.WorstSecond(), p.Asked.Conflicts,
		perCall(float64(p.Reads+p.Writes), p), float64(p.Reads)/float64(run.Size)/p.refreshes(), dollars, opened, late, run.Fleet)
}

func percent(part, of int) string {
	if part == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(part)/float64(of))
}
