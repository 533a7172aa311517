package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
)

// showTrials writes what came of one story, or of two to compare.
func (a *app) showTrials(s *simulation, trials []*trial.Trial) error {
	for _, t := range trials {
		if t.Interrupted {
			a.say("interrupted: %s", played(t))
		}
	}
	if s.compare && len(trials) == 2 {
		return a.showComparison(trials[0], trials[1], s.assertions)
	}
	report := trials[0].Report(s.assertions)
	return a.write(report, func(w io.Writer) error {
		if _, err := fmt.Fprintf(w, "%s\n\n%s\n\n", subject(trials[0]), wrap(report.Headline)); err != nil {
			return writing(err)
		}
		if err := writeFigures(w, trials[0]); err != nil {
			return err
		}
		if err := writeTransitions(w, report.Transitions); err != nil {
			return err
		}
		if err := writeViolations(w, report.Violations); err != nil {
			return err
		}
		return writeVerdicts(w, report.Assertions)
	})
}

// played says how much of a trial was played.
func played(t *trial.Trial) string {
	whole := t.Story.Scenario.Duration
	if len(t.Runs) == 1 {
		return fmt.Sprintf("these are the first %v of %v", t.Runs[0].Played, whole)
	}
	ended := 0
	for i := range t.Runs {
		if t.Runs[i].Played == whole {
			ended++
		}
	}
	return fmt.Sprintf("%d of the runs had ended", ended)
}

// subject says what was played.
func subject(t *trial.Trial) string { return t.Story.Title + " · " + t.Subject() }

func writeFigures(w io.Writer, t *trial.Trial) error {
	heading := []string{"FIGURE", "VALUE"}
	if len(t.Runs) > 1 {
		heading = []string{"FIGURE", "MEDIAN", "5%", "95%"}
	}
	var rows [][]string
	for _, row := range t.Rows() {
		rows = append(rows, append([]string{row.Figure.Title}, row.Cells...))
	}
	if err := writeRows(w, heading, rows); err != nil {
		return err
	}
	p := trial.CurrentPrices()
	_, err := fmt.Fprintf(w, "\nCosts are of DynamoDB on demand, and of the time in calls of functions with %g MB,\nat the prices of AWS in %s on %s.\n",
		1024*p.Memory, p.Region, p.Date)
	return writing(err)
}

// mostRows bounds a list in a table.
const mostRows = 20

func writeTransitions(w io.Writer, all []trial.Transition) error {
	var rows [][]string
	for _, t := range all[:min(len(all), mostRows)] {
		rows = append(rows, []string{trial.UnitDuration.Format(t.At), t.To, t.Cause})
	}
	return section(w, []string{"AT", "THE CIRCUIT IS", "BECAUSE"}, rows, len(all))
}

func writeViolations(w io.Writer, all []trial.Violation) error {
	var rows [][]string
	for _, v := range all[:min(len(all), mostRows)] {
		rows = append(rows, []string{v.Law, fmt.Sprint(v.Seed), trial.UnitDuration.Format(v.At), v.Text})
	}
	return section(w, []string{"BROKEN LAW", "SEED", "AT", "WHAT HAPPENED"}, rows, len(all))
}

func writeVerdicts(w io.Writer, all []trial.Verdict) error {
	var rows [][]string
	for _, v := range all {
		holds := "yes"
		if !v.Holds {
			holds = "NO"
		}
		rows = append(rows, []string{v.Assertion, holds, v.Seen})
	}
	return section(w, []string{"ASSERTION", "HOLDS", "SEEN"}, rows, len(all))
}

// section writes rows under a heading and after an empty line, unless there are
// none.
func section(w io.Writer, heading []string, rows [][]string, all int) error {
	if all == 0 {
		return nil
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return writing(err)
	}
	if err := writeRows(w, heading, rows); err != nil {
		return err
	}
	if more := all - len(rows); more > 0 {
		_, err := fmt.Fprintf(w, "and %d more\n", more)
		return writing(err)
	}
	return nil
}

// wrap breaks text into lines that are read with ease.
func wrap(text string) string {
	const width = 84
	var b strings.Builder
	length := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case length == 0:
		case length+1+len(word) > width:
			b.WriteByte('\n')
			length = 0
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += len(word)
	}
	return b.String()
}
