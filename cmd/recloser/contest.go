package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/picture"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/story"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
)

// contestReport is a contest for machines.
type contestReport struct {
	SchemaVersion int              `json:"schema_version"`
	Title         string           `json:"title"`
	Headline      string           `json:"headline"`
	Protocols     []trial.Standing `json:"protocols"`
}

// contest plays a story under every protocol.
func (a *app) contest(ctx context.Context, s *simulation, one story.Story) error {
	bar := a.newBar(0, 1)
	c, stopped := trial.Hold(ctx, one, func(o *trial.Options) {
		o.Seeds = s.seeds
		if bar != nil {
			o.Progress = bar.show
		}
	})
	if bar != nil {
		bar.clear()
	}
	if c == nil {
		return stopped
	}
	if stopped != nil {
		a.say("interrupted: these are %d protocols, the last of them in part", len(c.Entries))
	}
	if len(c.Entries) == 0 {
		return stopped
	}
	report := contestReport{1, one.Title, c.Headline(), c.Standings(s.assertions)}
	err := a.write(report, func(w io.Writer) error { return writeContest(w, c, &report) })
	if err = errors.Join(err, a.drawContest(s, c)); err != nil {
		return err
	}
	if stopped != nil {
		return stopped
	}
	return held(c.Trials(), s.assertions)
}

func writeContest(w io.Writer, c *trial.Contest, report *contestReport) error {
	if _, err := fmt.Fprintf(w, "%s\n\n%s\n\n", subject(c.Entries[0].Trial), wrap(report.Headline)); err != nil {
		return writing(err)
	}
	heading := []string{"PROTOCOL"}
	for _, score := range trial.Scores() {
		heading = append(heading, strings.ToUpper(strings.TrimSpace(strings.Join(score.Heading[:], " "))))
	}
	var rows [][]string
	for _, t := range c.Entries {
		row := []string{t.Title}
		for _, score := range trial.Scores() {
			row = append(row, spreadOf(score.Figure, t.Spread(score.Figure.Name), len(t.Runs)))
		}
		rows = append(rows, row)
	}
	if err := writeRows(w, heading, rows); err != nil {
		return err
	}
	for i := range report.Protocols {
		p := &report.Protocols[i]
		if len(p.Report.Assertions) == 0 {
			continue
		}
		if _, err := fmt.Fprintf(w, "\n%s", p.Title); err != nil {
			return writing(err)
		}
		if err := writeVerdicts(w, p.Report.Assertions); err != nil {
			return err
		}
	}
	return nil
}

// drawContest writes the pictures of a contest that were asked for.
func (a *app) drawContest(s *simulation, c *trial.Contest) error {
	if s.page != "" {
		page, err := picture.ContestPage(c, s.assertions)
		if err != nil {
			return err
		}
		if err := a.writeDrawing(s.page, page); err != nil {
			return err
		}
	}
	if s.svg == "" {
		return nil
	}
	return a.writeDrawings(s.svg, map[string][]byte{"protocols.svg": picture.Contest(c)})
}
