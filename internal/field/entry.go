package field

import (
	"cmp"
	"fmt"

	"github.com/recloser-dev/recloser"
)

// Entry returns an entry of the history of a circuit; name is what the store
// calls it. A kind that is not known is one all the same: an entry is shown, and
// nothing is decided by it.
func Entry(circuit, name string, s Source) (recloser.HistoryEntry, error) {
	d := &reader{Source: s, circuit: circuit, entry: name}
	e := recloser.HistoryEntry{
		Kind:       recloser.EventKind(d.text("kind")),
		At:         d.instant("at_ms"),
		Generation: d.generation(),
		Cause:      d.cause(),
		OpenUntil:  d.instant("open_until_ms"),
		Relapses:   d.count("relapses"),
		Override:   d.override(),
	}
	if e.Kind == "" {
		d.malformed("kind", "what happened")
	}
	if d.problem != nil {
		return recloser.HistoryEntry{}, d.problem
	}
	return e, nil
}

// maxUnread is how many entries that cannot be read are passed over.
const maxUnread = 1000

// Entries are those of a history that could be read. One that could not does not
// hide the others.
type Entries struct {
	// Read are those that could be read, in the order in which they were added.
	Read []recloser.HistoryEntry

	unread int
	first  error
}

// Add adds an entry, or what is wrong with it.
func (e *Entries) Add(entry recloser.HistoryEntry, err error) {
	if err != nil {
		e.unread++
		e.first = cmp.Or(e.first, err)
		return
	}
	e.Read = append(e.Read, entry)
}

// Full reports whether there are as many as were asked for, or too many that
// cannot be read to go on.
func (e *Entries) Full(limit int) bool { return len(e.Read) >= limit || e.unread >= maxUnread }

// Err says what could not be read, if anything.
func (e *Entries) Err() error {
	if e.unread > 1 {
		return fmt.Errorf("%w; and %d more", e.first, e.unread-1)
	}
	return e.first
}
