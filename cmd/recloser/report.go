package main

import (
	"fmt"
	"io"
	"time"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
)

// report is what a script saw, for machines.
type report struct {
	SchemaVersion int       `json:"schema_version"`
	Circuit       string    `json:"circuit"`
	Passed        bool      `json:"passed"`
	Phases        []phase   `json:"phases"`
	Findings      []finding `json:"findings"`
}

type phase struct {
	Phase    string `json:"phase"`
	Took     string `json:"took"`
	Served   int    `json:"served"`
	Failed   int    `json:"failed"`
	Rejected int    `json:"rejected"`
}

type finding struct {
	OK   bool   `json:"ok"`
	What string `json:"what"`
	Seen string `json:"seen"`
}

func reportOf(r dev.Report) report {
	all := report{SchemaVersion: admin.SchemaVersion, Circuit: r.Circuit, Passed: r.Passed()}
	for _, s := range r.Steps {
		all.Phases = append(all.Phases, phase{s.Name, s.Took.Round(time.Millisecond).String(), s.Admitted - s.Failed, s.Failed, s.Rejected})
	}
	for _, f := range r.Findings {
		all.Findings = append(all.Findings, finding{f.OK, f.What, f.Why})
	}
	return all
}

func writeReport(w io.Writer, r dev.Report) error {
	var rows [][]string
	for _, s := range r.Steps {
		rows = append(rows, []string{
			s.Name, s.Took.Round(100 * time.Millisecond).String(), fmt.Sprint(s.Admitted - s.Failed), fmt.Sprint(s.Failed), fmt.Sprint(s.Rejected),
		})
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return writing(err)
	}
	if err := writeRows(w, []string{"PHASE", "TOOK", "SERVED", "FAILED", "REJECTED"}, rows); err != nil {
		return err
	}
	rows = nil
	for _, f := range r.Findings {
		mark := "ok"
		if !f.OK {
			mark = "MISSING"
		}
		rows = append(rows, []string{mark, f.What, f.Why})
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return writing(err)
	}
	return writeRows(w, []string{"FOUND", "WHAT", "SEEN"}, rows)
}
