package item

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/field"
)

// An entry of a history is an item beside the record of its circuit:
//
//	pk              S   the circuit's key
//	sk              S   history#<at_ms>#<generation>#<kind>, with as many zeros
//	                    before the numbers that bytes sort as they do
//	cause           M   as of a record
//	open_until_ms   N
//	relapses        N
//	override        M   as of a record
//	ttl             N
//
// It has no schema, so that no index of circuits holds it.

// entryForm is what the sort key of an entry is: moments of 64 bits and of no less
// than 0, and generations of 64 bits.
const (
	entryPrefix = "history#"
	entryForm   = entryPrefix + "%019d#%020d#%s"
	entryEnd    = entryPrefix + ":" // It sorts after every digit.
)

// remembered are the kinds of entries there are.
var remembered = [...]recloser.EventKind{
	recloser.EventOpened, recloser.EventHalfOpened, recloser.EventClosed, recloser.EventOverridden, recloser.EventOverrideEnded,
}

// Entry returns the key of an entry of a circuit's history, and the update that
// writes it. expires is when DynamoDB may delete it. The error says what DynamoDB
// would not keep as it is; a moment before 1970 is kept as 1970.
func Entry(circuit string, e recloser.HistoryEntry, expires recloser.Instant) (Map, Update, error) {
	b := &builder{names: make(map[string]string), values: make(Map)}
	b.whenever("attribute_not_exists(%s)", b.name(Key))
	b.set(Expires, integer(int64(expires)/1000))
	if !slices.Contains(remembered[:], e.Kind) {
		b.refuse("no history has a %.40q", string(e.Kind))
	}
	if e.Cause != (recloser.Cause{}) {
		b.set("cause", b.cause(e.Cause))
	}
	if e.OpenUntil != 0 {
		b.set("open_until_ms", integer(e.OpenUntil))
	}
	if e.Relapses != 0 {
		b.set("relapses", integer(e.Relapses))
	}
	if e.Override != (recloser.Override{}) {
		b.set("override", b.forced(e.Override))
	}
	u, err := b.update()
	sort := fmt.Sprintf(entryForm, max(e.At, 0), e.Generation, e.Kind)
	return Map{Key: String(circuit), Sort: String(sort)}, u, err
}

// EntriesSince returns the sort keys between which the entries are that are not
// older than a moment.
func EntriesSince(since recloser.Instant) (from, to string) {
	return fmt.Sprintf("%s%019d", entryPrefix, max(since, 0)), entryEnd
}

// DecodeEntry returns an entry of a circuit's history. An item may hold anything,
// as in [Decode].
func DecodeEntry(circuit string, m Map) (recloser.HistoryEntry, error) {
	sort, _ := m[Sort].(String)
	rest, found := strings.CutPrefix(string(sort), entryPrefix)
	parts := strings.SplitN(rest, "#", 3)
	if !found || len(parts) != 3 || len(parts[0]) != 19 || len(parts[1]) != 20 || strings.Trim(parts[0]+parts[1], "0123456789") != "" {
		return recloser.HistoryEntry{}, &field.MalformedError{
			Circuit: circuit, Entry: string(sort), Field: Sort, Want: entryPrefix + "<at_ms>#<generation>#<kind>",
		}
	}
	named := maps.Clone(m)
	named["at_ms"], named["generation"], named["kind"] = unpad(parts[0]), unpad(parts[1]), String(parts[2])
	return field.Entry(circuit, string(sort), source(named))
}

// unpad returns a number without the zeros before it.
func unpad(digits string) Number {
	if n := strings.TrimLeft(digits, "0"); n != "" {
		return Number(n)
	}
	return "0"
}
