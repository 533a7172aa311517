package item

import (
	"slices"
	"strconv"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/field"
)

// report adds to the slots of the window and removes others. An addition is
// SET window.c = if_not_exists(window.c, 0) + n: ADD, which would say the same, is for
// attributes of the item only, and those cannot be dropped by one who does not
// know them.
func (b *builder) report(w recloser.Report) ([]Update, error) {
	b.only("watch_since_ms", string(integer(w.Watch)))
	b.put("share", b.share(w.Share))
	if w.Voice != "" {
		b.adds = append(b.adds, b.name("voices")+" "+b.hold("voices", Set{string(b.text("voice", w.Voice, field.MaxText))}))
	}
	var counted recloser.Window
	for _, s := range w.Counted {
		counted = counted.Add(s.Start, s.Counts)
	}
	for _, s := range counted.Slots() {
		b.requireUnit(s.Start)
	}
	within, without := b.or(), b
	within.countSlots(counted, w.Drop)
	if w.Watch != 0 {
		// A watched record has a window.
		u, err := within.update()
		return []Update{u}, err
	}
	without.whenever("attribute_not_exists(%s)", without.name("window"))
	if len(counted.Slots()) > 0 {
		without.set("window", window(counted))
	}
	within.whenever("attribute_exists(%s)", within.name("window"))
	first, err := without.update()
	if err != nil {
		return nil, err
	}
	second, err := within.update()
	return []Update{first, second}, err
}

// requireUnit refuses a slot whose start cannot be written.
func (b *builder) requireUnit(start recloser.Instant) {
	if int64(start)%field.SlotUnit.Milliseconds() != 0 {
		b.refuse("a slot starts at %d ms, and must start at a multiple of %v", start, field.SlotUnit)
	}
}

// kinds are the letters before a slot in the window, with what each counts.
func kinds(c recloser.Counts) [4]struct {
	letter string
	n      int
} {
	return [4]struct {
		letter string
		n      int
	}{{"c", c.Calls}, {"f", c.Failures}, {"s", c.Slow}, {"r", c.Reports}}
}

// countSlots adds what was counted, and removes what has slid out of the window.
func (b *builder) countSlots(counted recloser.Window, drop []recloser.Instant) {
	for i, s := range counted.Slots() {
		afresh := slices.Contains(drop, s.Start)
		for _, k := range kinds(s.Counts) {
			if k.n == 0 && k.letter != "c" && !afresh {
				continue
			}
			value := b.hold(k.letter+strconv.Itoa(i), integer(k.n))
			path := b.slot(k.letter, strconv.Itoa(i), s.Start)
			if afresh {
				b.sets = append(b.sets, path+" = "+value)
				continue
			}
			b.sets = append(b.sets, path+" = if_not_exists("+path+", "+b.hold("zero", Number("0"))+") + "+value)
		}
	}
	gone := slices.Clone(drop)
	slices.Sort(gone)
	for i, start := range slices.Compact(gone) {
		counts := func(s recloser.Slot) bool { return s.Start == start }
		if start <= 0 || int64(start)%field.SlotUnit.Milliseconds() != 0 || slices.ContainsFunc(counted.Slots(), counts) {
			continue // There is no such slot, or it was set anew.
		}
		for _, k := range kinds(recloser.Counts{}) {
			b.removes = append(b.removes, b.slot(k.letter, "d"+strconv.Itoa(i), start))
		}
	}
}

// slot returns the path of a count. Its placeholders are short, for an expression
// has a longest length.
func (b *builder) slot(letter, placeholder string, start recloser.Instant) string {
	b.names["#w"] = "window"
	b.names["#"+letter+placeholder] = slotName(letter, start)
	return "#w.#" + letter + placeholder
}

func slotName(letter string, start recloser.Instant) string {
	return letter + strconv.FormatInt(int64(start)/field.SlotUnit.Milliseconds(), 10)
}

// window returns the map of a window.
func window(w recloser.Window) Map {
	m := make(Map)
	for _, s := range w.Slots() {
		for _, k := range kinds(s.Counts) {
			if k.n != 0 || k.letter == "c" {
				m[slotName(k.letter, s.Start)] = integer(k.n)
			}
		}
	}
	return m
}
