package tally_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

func TestWorstSecond(t *testing.T) {
	tests := []struct {
		name  string
		slots []int
		want  int
	}{
		{"nothing", nil, 0},
		{"less than a second", []int{1, 2, 3}, 6},
		{"across the second that a clock would show", []int{0, 0, 0, 0, 0, 0, 0, 0, 7, 5, 6, 0, 0}, 18},
		{"a second apart", []int{5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0}, 5},
		{"less than a second apart", []int{5, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0}, 10},
		{"at the end", []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9}, 18},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := (tally.Operations{Slots: test.slots}).WorstSecond(); got != test.want {
				t.Errorf("%v: %d, want %d", test.slots, got, test.want)
			}
		})
	}
}

// Nothing may be lost on the way from environments to a report: whatever field
// there is, of two tallies the sum has all of both, or the worst of them.
func TestAddTakesEveryField(t *testing.T) {
	one := func() tally.Tally {
		var tl tally.Tally
		fill(reflect.ValueOf(&tl).Elem())
		return tl
	}
	var sum tally.Tally
	sum.Add(one())
	sum.Add(one())
	worst := map[string]bool{"MostReads": true, "OpenedAfter": true, "Late": true, "EndedAt": true}
	check(t, "", reflect.ValueOf(sum), worst)

	text, err := json.Marshal(sum)
	if err != nil {
		t.Fatal(err)
	}
	var back tally.Tally
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, sum) {
		t.Errorf("%+v came back as %+v: %v", sum, back, err)
	}
}

// fill puts 3 wherever a number can be.
func fill(v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case *map[string]int:
		*p = map[string]int{"kind": 3}
	case *[]int:
		*p = []int{3}
	case *int:
		*p = 3
	case *int64:
		*p = 3
	case *float64:
		*p = 3
	case *time.Duration:
		*p = 3
	default:
		for _, field := range v.Fields() {
			fill(field)
		}
	}
}

func check(t *testing.T, name string, v reflect.Value, worst map[string]bool) {
	t.Helper()
	var got float64
	switch n := v.Interface().(type) {
	case map[string]int:
		got = float64(n["kind"])
	case []int:
		got = float64(n[0])
	case int:
		got = float64(n)
	case int64:
		got = float64(n)
	case float64:
		got = n
	case time.Duration:
		got = float64(n)
	default:
		for field, value := range v.Fields() {
			check(t, field.Name, value, worst)
		}
		return
	}
	want := 6.0
	if worst[name] {
		want = 3
	}
	if got != want {
		t.Errorf("%s: %v, want %v", name, got, want)
	}
}

func TestFirstOpeningCounts(t *testing.T) {
	var sum tally.Tally
	for _, tl := range []tally.Tally{{}, {Openings: 1, OpenedAfter: 3 * time.Second}, {}, {Openings: 2, OpenedAfter: time.Second}, {Openings: 1, OpenedAfter: 2 * time.Second}} {
		sum.Add(tl)
	}
	if sum.Openings != 4 || sum.OpenedAfter != time.Second {
		t.Errorf("%+v; want 4 openings, the first after a second", sum)
	}
}

func TestRecorder(t *testing.T) {
	var told []phase.Event
	r := tally.NewRecorder(func(e phase.Event) { told = append(told, e) })
	r.Write("watch", time.Now(), tally.Made) // Before any phase.
	r.End()

	began := time.Now()
	r.Begin(began)
	r.Read("load", tally.Made)
	r.Read("load", tally.Fault)
	r.Write("report", began.Add(-time.Hour), tally.Made)
	r.Write("report", began.Add(250*time.Millisecond), tally.Conflict)
	r.Write("claim", began.Add(time.Hour), tally.Fault) // It would be a slot for each tenth of a second.
	r.Call(func(c *tally.Calls) { c.Due, c.Reached = 2, 1 })
	r.Request(func(q *tally.Requests) { q.GetItem++ })
	r.Late(time.Second)
	r.Late(time.Millisecond)
	r.Opening()
	r.Opening()
	r.Seen(phase.Opened)
	r.Seen(phase.Opened)
	r.Seen(phase.Closed)
	r.Isolated()
	r.OutOfReach()
	got := r.End()

	asked := got.Asked
	if asked.Reads != 2 || asked.Writes != 3 || asked.Conflicts != 1 || asked.Faults != 2 {
		t.Errorf("%+v; want 2 reads and 3 writes, of which 1 was refused and 2 got no answer", asked)
	}
	if want := map[string]int{"load": 2, "report": 2, "claim": 1}; !reflect.DeepEqual(asked.Kinds, want) {
		t.Errorf("kinds %v, want %v", asked.Kinds, want)
	}
	if n := len(asked.Slots); n != 6000 || asked.Slots[0] != 1 || asked.Slots[2] != 1 || asked.Slots[n-1] != 1 {
		t.Errorf("%d slots; want 6000, with what came too early in the first and what came too late in the last", n)
	}
	if got.Calls.Due != 2 || got.Calls.Reached != 1 || got.Requests.GetItem != 1 || got.MostReads != 2 {
		t.Errorf("%+v", got)
	}
	if got.Late != time.Second || got.Openings != 2 || got.OpenedAfter <= 0 || got.Isolations != 1 || got.Outages != 1 {
		t.Errorf("%+v", got)
	}
	if want := []phase.Event{phase.Opened, phase.Closed}; !reflect.DeepEqual(told, want) {
		t.Errorf("told of %v, want %v: once each", told, want)
	}
	if empty := r.End(); !reflect.DeepEqual(empty, tally.Tally{}) {
		t.Errorf("what was taken down before is told again: %+v", empty)
	}
	r.Begin(time.Now())
	if r.Seen(phase.Closed); len(told) != 3 {
		t.Errorf("told of %v; want to be told anew in another phase", told)
	}
}
