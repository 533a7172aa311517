package picture

import (
	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
)

// Pictures draws a trial, as SVG files by their names. In story.svg are all of them
// above each other: what happens, what each environment knows, what calls come to,
// which share is let through, and what the store is asked.
func Pictures(t *trial.Trial) map[string][]byte {
	all := make(map[string][]byte)
	for name, panels := range map[string][]func(*figure){
		"story.svg":  panels(),
		"fleet.svg":  {(*figure).strip},
		"calls.svg":  {(*figure).flow},
		"ramp.svg":   {(*figure).ramp},
		"writes.svg": {(*figure).store},
	} {
		f, height := draw(t, panels)
		all[name] = f.svg(figureWidth, height, t.Headline())
	}
	return all
}

// panels are all that are drawn of a story.
func panels() []func(*figure) {
	return []func(*figure){(*figure).weather, (*figure).strip, (*figure).flow, (*figure).ramp, (*figure).store}
}

func draw(t *trial.Trial, panels []func(*figure)) (*figure, float64) {
	f := newFigure(t)
	for _, panel := range panels {
		panel(f)
	}
	f.guide()
	return f, f.finish()
}

// guide draws lines at the first opening in the outage and at the last closing.
func (f *figure) guide() {
	o, found := trial.OutageOf(&f.trial.Story.Scenario)
	if !found {
		return
	}
	var closed float64
	for _, t := range f.trial.Runs[0].Result.Transitions {
		switch {
		case t.To == recloser.StateOpen && t.At >= o.From && len(f.guides) == 0:
			f.guides = append(f.guides, f.at(t.At))
		case t.To == recloser.StateClosed && t.At >= o.From:
			closed = f.at(t.At)
		}
	}
	if closed > 0 && len(f.guides) > 0 {
		f.guides = append(f.guides, closed)
	}
}
