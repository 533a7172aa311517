package explorer

// ahead returns an environment whose steps need not be interleaved with those of
// others: all that its threads can do next concerns nobody else, and one of them
// must do something before time passes. Whatever others do first, they may as well
// do after it; and whatever law they break with it, they break after it too.
func (x *space) ahead(s state) (uint8, bool) {
	for i, id := range s.envs {
		if id == 0 {
			continue
		}
		e := x.envs.value(id)
		if !e.frozen && x.alone(e) {
			return uint8(i), true
		}
	}
	return 0, false
}

func (x *space) alone(e env) bool {
	sum := &x.locals[e.local]
	must := false
	for i := range uint8(callers + 1) {
		t, o := &sum.threads[i], e.outside(i)
		switch t.at {
		case atStore:
			if o.answer == 0 {
				return false
			}
			must = true
		case atWait:
			must = must || t.ready
		case atPermit:
			must = must || !o.paused
		case atCall:
			must = must || !o.sent && !o.paused
		case atRest:
		}
	}
	return must
}
