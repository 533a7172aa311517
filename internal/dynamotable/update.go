package dynamotable

import (
	"math/big"
	"slices"
)

// update is an update expression.
type update struct {
	sets    []setting
	adds    []setting
	removes []path
}

// setting is what becomes of one path: an operand, or the sum or the difference
// of two.
type setting struct {
	path    path
	operand *operand
	sign    string
	second  *operand
}

func parseUpdate(text string, p *placeholders) (*update, error) {
	r := newParser(text, p)
	u := new(update)
	for r.err == nil && len(r.left) > 0 {
		switch {
		case r.take("SET"):
			u.sets = append(u.sets, r.settings("=")...)
		case r.take("ADD"):
			u.adds = append(u.adds, r.settings("")...)
		case r.take("REMOVE"):
			u.removes = append(u.removes, r.path())
			for r.take(",") {
				u.removes = append(u.removes, r.path())
			}
		default:
			r.fail("%q begins no clause", r.peek())
		}
	}
	if r.err == nil && u.overlapping() {
		r.fail("Two document paths overlap with each other")
	}
	return u, r.err
}

func (r *parser) settings(between string) []setting {
	var list []setting
	for {
		s := setting{path: r.path()}
		if between != "" {
			r.expect(between)
		}
		s.operand = r.operand()
		if between != "" && (r.peek() == "+" || r.peek() == "-") {
			s.sign = r.next()
			s.second = r.operand()
		}
		list = append(list, s)
		if r.err != nil || !r.take(",") {
			return list
		}
	}
}

func (u *update) overlapping() bool {
	paths := slices.Clone(u.removes)
	for _, s := range slices.Concat(u.sets, u.adds) {
		paths = append(paths, s.path)
	}
	for i, p := range paths {
		if slices.ContainsFunc(paths[i+1:], p.overlaps) {
			return true
		}
	}
	return false
}

// apply changes next, which is a copy of old, or the key of an item that is new.
func (u *update) apply(old, next Item, keys []string) error {
	for _, s := range u.sets {
		v, err := s.value(old)
		if err != nil {
			return err
		}
		if err := put(next, s.path, v, keys); err != nil {
			return err
		}
	}
	for _, s := range u.adds {
		before, _ := s.path.get(old)
		v, err := added(before, s.operand.value)
		if err != nil {
			return err
		}
		if err := put(next, s.path, v, keys); err != nil {
			return err
		}
	}
	for _, p := range u.removes {
		if err := put(next, p, nil, keys); err != nil {
			return err
		}
	}
	return nil
}

func (s *setting) value(old Item) (Value, error) {
	first, ok := s.operand.of(old)
	if !ok {
		return nil, invalid("The provided expression refers to an attribute that does not exist in the item")
	}
	if s.second == nil {
		return canonical(first)
	}
	second, ok := s.second.of(old)
	if !ok {
		return nil, invalid("The provided expression refers to an attribute that does not exist in the item")
	}
	a, okA := number(first)
	b, okB := number(second)
	if !okA || !okB {
		return nil, invalid("An operand in the update expression has an incorrect data type")
	}
	if s.sign == "-" {
		b = new(big.Rat).Neg(b)
	}
	return Value{"N": decimal(new(big.Rat).Add(a, b))}, nil
}

// put sets what stands at the end of a path, or removes it if v is nil.
func put(item Item, p path, v Value, keys []string) error {
	if slices.Contains(keys, p[0]) {
		return invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", p[0])
	}
	at := item
	for _, name := range p[:len(p)-1] {
		outer, _ := at[name].(map[string]any)
		inner, ok := outer["M"].(map[string]any)
		if !ok {
			return invalid("The document path provided in the update expression is invalid for update")
		}
		at = inner
	}
	last := p[len(p)-1]
	if v == nil {
		delete(at, last)
		return nil
	}
	at[last] = v
	return nil
}
