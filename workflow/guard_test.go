package workflow_test

import (
	"github.com/recloser-dev/recloser/internal/statelanguage"
	"testing"
)

func names(e *statelanguage.Execution) (s []string) {
	for _, v := range e.Visited {
		s = append(s, v.State+"|"+v.Error)
	}
	return
}

func TestHealthyCall(t *testing.T) {
	w := newWorld(t, newEngine(t, true))
	w.add()
	e := w.run("guard-express", call(map[string]any{"a": 1}))
	t.Log(e.Status, e.Output, e.Failure, names(e), e.Transitions)
	e = w.run("guard-express", call(map[string]any{"fails": "E"}))
	t.Log(e.Status, e.Output, e.Failure, names(e), e.Transitions)
	r := w.record("payments")
	t.Log(r.State, r.Generation, r.Cause, r.WatchSince, r.Share, r.Voices, r.Window.Slots())
	for range 14 {
		w.at(w.world.Now().Sub(epoch.Time()) + 500e6)
		e = w.run("guard", call(map[string]any{"fails": "E"}))
		t.Log(e.Status, e.Output, e.Failure, names(e), e.Transitions)
	}
	r = w.record("payments")
	t.Log(r.State, r.Generation, r.Cause, r.WatchSince, r.Share, r.Voices, r.Window.Slots())
}
