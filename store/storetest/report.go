package storetest

import (
	"context"
	"fmt"
	"slices"

	"github.com/recloser-dev/recloser"
)

// checkReports: reports commute, slots drop where a report says so and nowhere
// else, and voices are kept.
func checkReports(ctx context.Context, s subject) error {
	if err := checkReportsCommute(ctx, s); err != nil {
		return err
	}
	m := newMirror(s)
	if err := m.applyAll(ctx, recloser.Watch{At: epoch, Share: 0.5}); err != nil {
		return err
	}
	for i := range recloser.MaxVoices {
		w := recloser.Report{
			Watch: epoch, Counted: slots(i, i+3), Share: 0.5, Voice: fmt.Sprintf("environment %d", i),
			Drop: []recloser.Instant{slotStart(i - 1)},
		}
		if err := m.applyAndLoad(ctx, w); err != nil {
			return err
		}
	}
	r, err := s.store.Load(ctx, m.key)
	if err != nil {
		return err
	}
	if first := slotStart(recloser.MaxVoices - 1); r.Window[0].Start != first {
		return fmt.Errorf("after slots before %d were dropped, the oldest begins at %d", first, r.Window[0].Start)
	}
	if slices.Contains(r.Voices[:], "") {
		return fmt.Errorf("after %d environments have spoken, the voices are %q", recloser.MaxVoices, r.Voices)
	}
	return nil
}

// checkReportsCommute makes the same reports in several orders.
func checkReportsCommute(ctx context.Context, s subject) error {
	var reports []recloser.Write
	for i := range 5 {
		reports = append(reports, recloser.Report{Watch: epoch, Counted: slots(i, i+4), Share: 0.5, Voice: fmt.Sprint("voice-", i)})
	}
	var first recloser.Record
	for turn := range reports {
		key := newKey()
		order := append([]recloser.Write{recloser.Watch{At: epoch, Share: 0.5}}, reports[turn:]...)
		order = append(order, reports[:turn]...)
		var last recloser.Record
		for _, w := range order {
			r, err := s.store.Apply(ctx, key, w)
			if err != nil {
				return fmt.Errorf("%s: %w", say(w), err)
			}
			last = r
		}
		if turn == 0 {
			first = last
		}
		if diff := parting(first, last); diff != "" {
			return fmt.Errorf("the same reports in another order come to another record%s", diff)
		}
	}
	return nil
}
