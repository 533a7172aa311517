package item

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/recloser-dev/recloser"
)

// ErrNever is matched by the error of a write whose condition no record meets.
var ErrNever = errors.New("item: no record meets the write's condition")

// Update is one conditional UpdateItem.
type Update struct {
	// Condition is its ConditionExpression. There is always one.
	Condition string
	// Expression is its UpdateExpression.
	Expression string
	// Names are its ExpressionAttributeNames.
	Names map[string]string
	// Values are its ExpressionAttributeValues.
	Values Map
}

// Of returns the update that a write is, by what [recloser.Record.Apply] says of
// it. expires is when DynamoDB may delete the item; zero leaves that as it was.
//
// A report outside of any watch is two updates, of which the state of the item
// lets one be made: one for an item that has a window, and one for an item that
// has none. All other writes are one.
//
// The error is of a write that cannot be made: it matches [ErrNever], or says
// what DynamoDB would not keep as it is.
func Of(w recloser.Write, expires recloser.Instant) ([]Update, error) {
	b := newBuilder(w.Under(), expires)
	switch w := w.(type) {
	case recloser.Watch:
		b.watch(w)
	case recloser.Unwatch:
		b.unwatch(w)
	case recloser.Report:
		return b.report(w)
	case recloser.Transition:
		b.transition(w)
	case recloser.Claim:
		b.claim(w)
	case recloser.Settle:
		b.settle(w)
	case recloser.SetOverride:
		b.override(w.Override)
	default:
		b.refuse("a write of type %T is unknown", w)
	}
	u, err := b.update()
	if err != nil {
		return nil, err
	}
	return []Update{u}, nil
}

// builder puts an update together. What it is told to name or to hold it uses
// exactly as often as DynamoDB allows.
type builder struct {
	when, sets, adds, removes []string
	names                     map[string]string
	values                    Map
	problem                   error
}

func newBuilder(generation uint64, expires recloser.Instant) *builder {
	b := &builder{names: make(map[string]string), values: make(Map)}
	// A record of a later version is not written.
	b.whenever("(attribute_not_exists(%s) OR %[1]s <= %s)", b.name("schema"), b.hold("schema", integer(recloser.Schema)))
	b.sets = append(b.sets, "#schema = :schema")
	b.only("generation", strconv.FormatUint(generation, 10))
	if expires > 0 {
		b.set(Expires, integer(int64(expires)/1000))
	}
	return b
}

// name returns the placeholder of an attribute: many of the names are words that
// DynamoDB reserves.
func (b *builder) name(attribute string) string {
	b.names["#"+attribute] = attribute
	return "#" + attribute
}

func (b *builder) hold(name string, v Value) string {
	b.values[":"+name] = v
	return ":" + name
}

func (b *builder) whenever(format string, args ...any) {
	b.when = append(b.when, fmt.Sprintf(format, args...))
}

// only makes the update depend on a number that the attribute must have.
func (b *builder) only(attribute, n string) {
	name, value := b.name(attribute), b.hold("if_"+attribute, Number(n))
	if n == "0" {
		b.whenever("(attribute_not_exists(%s) OR %[1]s = %s)", name, value)
		return
	}
	b.whenever("%s = %s", name, value)
}

func (b *builder) set(attribute string, v Value) {
	b.sets = append(b.sets, b.name(attribute)+" = "+b.hold(attribute, v))
}

// put sets a number, or removes it if it is zero.
func (b *builder) put(attribute string, n Number) {
	if n == "0" {
		b.remove(attribute)
		return
	}
	b.set(attribute, n)
}

func (b *builder) remove(attributes ...string) {
	for _, attribute := range attributes {
		b.removes = append(b.removes, b.name(attribute))
	}
}

func (b *builder) refuse(format string, args ...any) {
	b.problem = errors.Join(b.problem, fmt.Errorf("item: "+format, args...))
}

// text returns s as DynamoDB keeps it.
func (b *builder) text(what, s string, longest int) String {
	if len(s) > longest || !utf8.ValidString(s) {
		b.refuse("the %s has %d bytes of at most %d of UTF-8", what, len(s), longest)
	}
	return String(s)
}

// share returns s as DynamoDB keeps it.
func (b *builder) share(s recloser.Share) Number {
	const least = 1e-130
	if s != 0 && !(s >= least && s <= 1) {
		b.refuse("no share is %v", float64(s))
	}
	return Number(strconv.FormatFloat(float64(s), 'g', -1, 64))
}

func (b *builder) update() (Update, error) {
	if b.problem != nil {
		return Update{}, b.problem
	}
	var clauses []string
	for _, clause := range []struct {
		verb  string
		parts []string
	}{{"SET", b.sets}, {"ADD", b.adds}, {"REMOVE", b.removes}} {
		if len(clause.parts) > 0 {
			clauses = append(clauses, clause.verb+" "+strings.Join(clause.parts, ", "))
		}
	}
	u := Update{
		Condition:  strings.Join(b.when, " AND "),
		Expression: strings.Join(clauses, " "),
		Names:      b.names,
		Values:     b.values,
	}
	const longest = 4096 // That DynamoDB takes.
	if len(u.Expression) > longest {
		return Update{}, fmt.Errorf("item: the update has %d bytes, and may have %d: it counts or drops too many slots", len(u.Expression), longest)
	}
	return u, nil
}

// or returns a builder that goes on from where b is.
func (b *builder) or() *builder {
	c := *b
	c.when, c.sets, c.removes = slices.Clone(b.when), slices.Clone(b.sets), slices.Clone(b.removes)
	c.names, c.values = maps.Clone(b.names), maps.Clone(b.values)
	return &c
}

func integer[T ~int | ~int64](n T) Number { return Number(strconv.FormatInt(int64(n), 10)) }
