package explorer

import (
	"fmt"
	"strings"

	"github.com/recloser-dev/recloser"
)

// Timeline is one way through what can happen to a fleet: a column for each caller,
// and what the store holds after each step.
type Timeline struct {
	Columns []string
	Rows    []Row
}

// Row is one step.
type Row struct {
	// Time is in ticks from the beginning.
	Time int
	// Column is whose step it is.
	Column int
	// Text is what happens.
	Text string
	// Record is what the store holds then.
	Record string
}

// String draws the timeline.
func (t Timeline) String() string {
	widths := make([]int, len(t.Columns)) // 0 of who does nothing
	for _, r := range t.Rows {
		widths[r.Column] = max(widths[r.Column], len(t.Columns[r.Column]), len([]rune(r.Text)))
	}
	var s strings.Builder
	line := func(time, record string, text func(column int) string) {
		var cells strings.Builder
		fmt.Fprintf(&cells, "%4s ", time)
		for i, w := range widths {
			if w > 0 {
				fmt.Fprintf(&cells, " %-*s ", w, text(i))
			}
		}
		s.WriteString(strings.TrimRight(cells.String()+" "+record, " ") + "\n")
	}
	line("time", "record", func(i int) string { return t.Columns[i] })
	last, record := -1, ""
	for _, r := range t.Rows {
		time, shown := "", ""
		if r.Time != last {
			time = fmt.Sprintf("%ds", r.Time)
		}
		if r.Record != record {
			shown = r.Record
		}
		last, record = r.Time, r.Record
		line(time, shown, func(i int) string {
			if i == r.Column {
				return r.Text
			}
			return ""
		})
	}
	return s.String()
}

// names are those of callers, in the order of columns: two for each environment, then
// that which looks at its calls in flight, and the network.
func (l *live) columns() []string {
	var names []string
	for i, skew := range l.config.Skew {
		letter := string(rune('a' + i))
		clock := ""
		if skew != 0 {
			clock = fmt.Sprintf(" %+ds", skew)
		}
		names = append(names, letter+"1"+clock, letter+"2", letter+"'s look")
	}
	return append(names, "network")
}

// column returns whose choice c is, before it is taken.
func (l *live) column(c choice) int {
	if c.kind == land || c.kind == trip || c.kind == elapse {
		return len(l.config.Skew) * (callers + 1)
	}
	_, n := l.at(c.env)
	if c.kind == freeze || c.kind == thaw || c.kind == kill {
		return int(n) * (callers + 1)
	}
	thread := c.thread
	if int(thread) < callers {
		thread = l.orders[n][thread]
	}
	return int(n)*(callers+1) + int(thread)
}

// draw replays a way with real breakers and returns its timeline.
func (x *space) draw(path []choice) (Timeline, error) {
	l := x.live()
	defer l.stop()
	t := Timeline{Columns: l.columns()}
	owners := map[uint8]string{}
	for _, way := range path {
		column := l.column(way)
		if err := l.take(way); err != nil {
			return t, err
		}
		if l.did.write.token != 0 {
			if kind := l.did.write.kind; kind == aClaim || kind == aFirstClaim {
				owners[l.did.write.token] = t.Columns[column][:2]
			}
		}
		text := l.text(way)
		if text == "" {
			continue
		}
		t.Rows = append(t.Rows, Row{Time: l.ticks, Column: column, Text: text, Record: describe(l.did.record, owners)})
	}
	return t, nil
}

// text says what a choice has come to.
func (l *live) text(c choice) string {
	switch c.kind {
	case begin:
		return "asks"
	case arrive:
		return l.asked() + l.madeOrNot()
	case lose:
		return l.asked() + " is lost"
	case loseAck:
		return l.asked() + l.madeOrNot() + ", unheard"
	case delay:
		return l.asked() + " is on its way; gives up"
	case reach:
		return "hears of it"
	case land:
		return "late: " + l.asked() + l.madeOrNot()
	case proceed:
		return "looks at the clock"
	case send:
		return "CALLS"
	case end:
		return "call ends: " + c.outcome.String()
	case freeze:
		return "its environment is frozen"
	case thaw:
		return "its environment thaws"
	case pause:
		return "stands still"
	case kill:
		return "its environment dies"
	case trip:
		return "opens on evidence"
	case elapse:
	}
	return ""
}

func (l *live) madeOrNot() string {
	switch {
	case l.did.write.kind == noWrite:
		return ""
	case l.did.made:
		return " ✓"
	}
	return " ✗"
}

// asked says what a thread has asked of the store.
func (l *live) asked() string {
	switch w := l.did.write; w.kind {
	case noWrite:
		return "read"
	case aClaim:
		return fmt.Sprintf("claim p%d", w.slot)
	case aFirstClaim:
		return "first claim"
	case aSettle:
		return fmt.Sprintf("settle p%d %v", w.slot, w.outcome)
	case aTransition:
		return "to " + w.to.String()
	case aWatch:
		return "watch"
	}
	return ""
}

// describe says what the store holds.
func describe(r relative, owners map[uint8]string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d %v", r.generation, r.state)
	if r.state == recloser.StateOpen {
		fmt.Fprintf(&s, " for %ds", r.until)
	}
	for i, t := range r.tokens {
		if t != 0 {
			fmt.Fprintf(&s, " p%d=%s(%+ds)", i, owners[t], r.ends[i])
		}
	}
	if r.ok+r.failed > 0 {
		fmt.Fprintf(&s, " %d ok %d failed", r.ok, r.failed)
	}
	return s.String()
}
