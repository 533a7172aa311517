package storetest_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/storetest"
)

func fewer(o *storetest.Options) { o.Histories = min(o.Histories, 30) }

// plant lets a store keep a record of a later schema.
func plant(_ context.Context, s recloser.Store, key string) error {
	b := s.(*bent)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records = map[string]recloser.Record{key: {Schema: recloser.Schema + 1, Generation: 7}}
	return nil
}

// TestRun shows that a sound store passes, every check of the suite being made.
func TestRun(t *testing.T) {
	shaky := func(*testing.T) recloser.Store {
		return storetest.NewFaulty(new(bent), func(o *storetest.FaultyOptions) { o.Lost, o.Dropped = 0.1, 0.1 })
	}
	t.Run("Lister", func(t *testing.T) {
		storetest.Run(t, func(*testing.T) recloser.Store { return new(recloser.MemoryStore) })
	})
	t.Run("Faulty", func(t *testing.T) {
		storetest.Run(t, func(*testing.T) recloser.Store { return new(bent) }, fewer, func(o *storetest.Options) {
			o.OpenFaulty, o.PlantNewer = shaky, plant
		})
	})
}

// mutant is a store that breaks its contract, and the checks that must find it.
type mutant struct {
	name  string
	found []string
	store func() recloser.Store
}

func writeMutants() []mutant {
	return []mutant{
		{"writes under any generation", []string{"conflicts", "sequences", "unknown"}, func() recloser.Store {
			return blind(func(r recloser.Record, w recloser.Write) recloser.Write { return storetest.Under(w, r.Generation) })
		}},
		{"reports to any watch", []string{"conflicts", "sequences"}, func() recloser.Store {
			return blind(func(r recloser.Record, w recloser.Write) recloser.Write {
				if w, ok := w.(recloser.Report); ok {
					w.Watch = r.WatchSince
					return w
				}
				return w
			})
		}},
		{"watches over any watch", []string{"conflicts", "races"}, func() recloser.Store {
			return blind(func(r recloser.Record, w recloser.Write) recloser.Write {
				if w, ok := w.(recloser.Watch); ok {
					w.Was = r.WatchSince
					return w
				}
				return w
			})
		}},
		{"claims from any holder", []string{"conflicts", "races"}, func() recloser.Store {
			return blind(func(r recloser.Record, w recloser.Write) recloser.Write {
				if w, ok := w.(recloser.Claim); ok && !w.First && w.Slot >= 0 && w.Slot < recloser.MaxProbes {
					w.Was = r.Probes[w.Slot].Token
					return w
				}
				return w
			})
		}},
		{"settles for any holder", []string{"conflicts"}, func() recloser.Store {
			return blind(func(r recloser.Record, w recloser.Write) recloser.Write {
				if w, ok := w.(recloser.Settle); ok && w.Slot >= 0 && w.Slot < recloser.MaxProbes {
					w.Token = r.Probes[w.Slot].Token
					return w
				}
				return w
			})
		}},
	}
}

func answerMutants() []mutant {
	return []mutant{
		{"loses the winner's record", []string{"conflicts", "races", "sequences", "unknown"}, func() recloser.Store {
			return answering(func(recloser.Record) (recloser.Record, error) { return recloser.Record{}, recloser.ErrConflict })
		}},
		{"hides a conflict", []string{"conflicts", "races"}, func() recloser.Store {
			return answering(func(r recloser.Record) (recloser.Record, error) { return r, nil })
		}},
		{"calls a conflict something else", []string{"conflicts", "races"}, func() recloser.Store {
			return answering(func(r recloser.Record) (recloser.Record, error) { return r, errors.New("condition failed") })
		}},
		{"counts conflicts in the record", []string{"conflicts", "sequences"}, func() recloser.Store {
			return &bent{bend: func(before recloser.Record, w recloser.Write, next recloser.Record, made bool) (recloser.Record, recloser.Record, error) {
				kept, said, err := honest(before, w, next, made)
				if !made {
					kept.Relapses++
				}
				return kept, said, err
			}}
		}},
		{"loses what a report adds now and then", []string{"sequences", "linearizable"}, func() recloser.Store {
			reports := 0
			return &bent{bend: func(before recloser.Record, w recloser.Write, next recloser.Record, made bool) (recloser.Record, recloser.Record, error) {
				kept, said, err := honest(before, w, next, made)
				if _, ok := w.(recloser.Report); ok && made {
					if reports++; reports%7 == 0 {
						kept.Window = before.Window
					}
				}
				return kept, said, err
			}}
		}},
		{"ignores what a report drops", []string{"writes", "reports"}, func() recloser.Store {
			return blind(func(_ recloser.Record, w recloser.Write) recloser.Write {
				if w, ok := w.(recloser.Report); ok {
					w.Drop = nil
					return w
				}
				return w
			})
		}},
		{"lets those speak who came first", []string{"writes", "reports"}, func() recloser.Store {
			return keeping(func(before recloser.Record, w recloser.Write, next *recloser.Record) {
				if _, ok := w.(recloser.Report); ok && before.Voices[recloser.MaxVoices-1] != "" {
					next.Voices = before.Voices
				}
			})
		}},
		{"lets no second voice speak", []string{"writes", "reports"}, func() recloser.Store {
			return blind(func(_ recloser.Record, w recloser.Write) recloser.Write {
				if w, ok := w.(recloser.Report); ok && w.Voice > "a" {
					w.Voice = "a"
					return w
				}
				return w
			})
		}},
	}
}

func recordMutants() []mutant {
	change := func(f func(before recloser.Record, w recloser.Write, r *recloser.Record)) func() recloser.Store {
		return func() recloser.Store { return keeping(f) }
	}
	moved := func(f func(before recloser.Record, r *recloser.Record)) func() recloser.Store {
		return change(func(before recloser.Record, _ recloser.Write, r *recloser.Record) {
			if r.Generation != before.Generation {
				f(before, r)
			}
		})
	}
	return []mutant{
		{"raises the generation by two", []string{"transitions", "writes"}, moved(func(_ recloser.Record, r *recloser.Record) { r.Generation++ })},
		{"takes an override back", []string{"transitions", "writes"}, moved(func(_ recloser.Record, r *recloser.Record) { r.Override = recloser.Override{} })},
		{"keeps old evidence", []string{"transitions", "writes"}, moved(func(before recloser.Record, r *recloser.Record) { r.Window = before.Window })},
		{"keeps old probes", []string{"transitions", "writes"}, moved(func(before recloser.Record, r *recloser.Record) { r.Probes[7] = before.Probes[7] })},
		{"keeps an old watch", []string{"writes"}, moved(func(before recloser.Record, r *recloser.Record) { r.WatchSince = before.WatchSince })},
		{"forgets the share", []string{"transitions", "writes"}, moved(func(_ recloser.Record, r *recloser.Record) { r.Share = 0 })},
		{"counts what is ignored", []string{"writes", "sequences"}, change(func(_ recloser.Record, w recloser.Write, r *recloser.Record) {
			if w, ok := w.(recloser.Settle); ok && w.Outcome == recloser.OutcomeIgnored {
				r.ProbeFailed++
			}
		})},
		{"frees no slot", []string{"writes"}, change(func(before recloser.Record, w recloser.Write, r *recloser.Record) {
			if w, ok := w.(recloser.Settle); ok {
				r.Probes[w.Slot] = before.Probes[w.Slot]
			}
		})},
		{"rounds the share", []string{"sequences", "largest"}, change(func(_ recloser.Record, _ recloser.Write, r *recloser.Record) {
			r.Share = recloser.Share(math.Round(float64(r.Share)*1e4) / 1e4)
		})},
		{"keeps whole seconds", []string{"sequences"}, change(func(_ recloser.Record, _ recloser.Write, r *recloser.Record) {
			r.Since -= r.Since % 1000
		})},
		{"cuts a long reason", []string{"largest", "writes"}, change(func(_ recloser.Record, _ recloser.Write, r *recloser.Record) {
			r.Override.Reason = cut(r.Override.Reason, 255)
		})},
		{"forgets who has reset it", []string{"writes", "sequences"}, moved(func(_ recloser.Record, r *recloser.Record) { r.Cause.Actor = "" })},
		{"cuts a long reason of a reset", []string{"largest"}, moved(func(_ recloser.Record, r *recloser.Record) {
			r.Cause.Reason = cut(r.Cause.Reason, 255)
		})},
		{"has no eighth slot for a probe", []string{"largest", "sequences"}, change(func(_ recloser.Record, _ recloser.Write, r *recloser.Record) {
			r.Probes[7] = recloser.Lease{}
		})},
		{"counts in 32 bits", []string{"largest"}, change(func(_ recloser.Record, _ recloser.Write, r *recloser.Record) {
			for i := range r.Window {
				r.Window[i].Calls = int(int32(r.Window[i].Calls))
			}
		})},
		{"pushes out the newest", []string{"overflow"}, change(func(before recloser.Record, w recloser.Write, r *recloser.Record) {
			if _, ok := w.(recloser.Report); ok && len(before.Window.Slots()) == recloser.MaxSlots {
				r.Window = before.Window
			}
		})},
		{"folds case", []string{"keys"}, func() recloser.Store { return &bent{fold: strings.ToLower} }},
		{"cuts the partition off", []string{"keys"}, func() recloser.Store {
			return &bent{fold: func(key string) string { name, _, _ := strings.Cut(key, "/"); return name }}
		}},
		{"trims keys", []string{"keys"}, func() recloser.Store { return &bent{fold: strings.TrimSpace} }},
		{"cleans keys like paths", []string{"keys"}, func() recloser.Store { return &bent{fold: filepath.Clean} }},
		{"cuts long keys", []string{"keys"}, func() recloser.Store { return &bent{fold: func(key string) string { return cut(key, 256) }} }},
	}
}

func behaviourMutants() []mutant {
	list := func(f func(all []string, after string, limit int) []string) func() recloser.Store {
		return func() recloser.Store { return &indexed{list: f} }
	}
	return []mutant{
		{"tears reads from writes", []string{"linearizable"}, func() recloser.Store { return new(torn) }},
		{"reads from a replica", []string{"linearizable"}, func() recloser.Store { return new(lagging) }},
		{"answers before it writes", []string{"writes", "sequences"}, func() recloser.Store { return new(behind) }},
		{"writes for one who has gone", []string{"ended"}, func() recloser.Store { return &deafWriter{err: context.Canceled} }},
		{"calls it a conflict that one has gone", []string{"ended"}, func() recloser.Store { return &deafWriter{err: recloser.ErrConflict} }},
		{"reads for one who has gone", []string{"ended"}, func() recloser.Store { return new(deaf) }},
		{"turns some away", []string{"linearizable", "writes"}, func() recloser.Store { return new(throttled) }},
		{"lists what was only read", []string{"lister"}, func() recloser.Store { return new(touching) }},
		{"lists in any order", []string{"lister"}, list(func(all []string, after string, limit int) []string {
			keys := page(all, after, limit)
			slices.Reverse(keys)
			return keys
		})},
		{"lists the last key again", []string{"lister"}, list(func(all []string, after string, limit int) []string {
			return page(all, cut(after, max(len(after)-1, 0)), limit)
		})},
		{"lists without end", []string{"lister"}, list(func(all []string, after string, _ int) []string { return page(all, after, len(all)) })},
		{"lists circuits without partitions", []string{"lister"}, list(func(all []string, after string, limit int) []string {
			return page(slices.DeleteFunc(all, func(key string) bool { return strings.Contains(key, "/") }), after, limit)
		})},
		{"lists one key too few", []string{"lister"}, list(func(all []string, after string, limit int) []string { return page(all, after, limit-1) })},
	}
}

// TestMutants shows that the suite finds stores that break the contract.
func TestMutants(t *testing.T) {
	found := make(map[string]bool)
	for _, m := range slices.Concat(writeMutants(), answerMutants(), recordMutants(), behaviourMutants(), historyMutants(), inventionMutants()) {
		for _, check := range m.found {
			found[check] = true
			t.Run(m.name+"/"+check, func(t *testing.T) {
				err := storetest.Check(t.Context(), check, m.store(), nil)
				if err == nil {
					t.Fatal("the store was not found out")
				}
				t.Log(err)
			})
		}
	}
	elsewhere := []string{"unwritten", "faults", "newer"}
	for _, check := range storetest.Checks() {
		if !found[check] && !slices.Contains(elsewhere, check) {
			t.Errorf("no mutant is found by the check %q", check)
		}
	}
}

// TestPicture: who has to find out why gets a history to look at.
func TestPicture(t *testing.T) {
	err := storetest.Check(t.Context(), "linearizable", new(lagging), nil)
	file := filepath.Join(t.TempDir(), "history.html")
	if err := storetest.Draw(err, file); err != nil {
		t.Fatal(err)
	}
	picture, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"SetOverride{Generation:", "conflict, ", "open record of generation "} {
		if !strings.Contains(string(picture), want) {
			t.Errorf("the picture does not show %q", want)
		}
	}
}

// TestLag: a store may list a circuit late if that was said, and not otherwise.
func TestLag(t *testing.T) {
	for _, check := range []string{"lister", "historian"} {
		if err := storetest.Check(t.Context(), check, new(behindhand), nil); err == nil {
			t.Errorf("%s: a store that lags was not found out", check)
		}
		err := storetest.Check(t.Context(), check, new(behindhand), nil, func(o *storetest.Options) { o.Lag = time.Minute })
		if err != nil {
			t.Errorf("%s: a store may lag: %v", check, err)
		}
	}
}

// TestUnwrittenMutant: a record that begins otherwise than as nothing.
func TestUnwrittenMutant(t *testing.T) {
	s := &bent{fold: func(string) string { return "one for all" }, records: map[string]recloser.Record{"one for all": {Generation: 1}}}
	if err := storetest.Check(t.Context(), "unwritten", s, nil); err == nil {
		t.Error("the store was not found out")
	}
}

// TestNewerMutant: a store that does not look at the schema.
func TestNewerMutant(t *testing.T) {
	if err := storetest.Check(t.Context(), "newer", &bent{unversioned: true}, nil, func(o *storetest.Options) { o.PlantNewer = plant }); err == nil {
		t.Error("the store was not found out")
	}
}

// TestRepeatingMutants: a store that repeats what may have been made is found
// only by faults beneath it. LAWS.md, S3 and S6.
func TestRepeatingMutants(t *testing.T) {
	for name, repeats := range map[string]func(recloser.Write) bool{
		"claims":  func(w recloser.Write) bool { _, ok := w.(recloser.Claim); return ok },
		"settles": func(w recloser.Write) bool { _, ok := w.(recloser.Settle); return ok },
		"reports": func(w recloser.Write) bool { _, ok := w.(recloser.Report); return ok },
		"moves":   func(w recloser.Write) bool { _, ok := w.(recloser.Transition); return ok },
	} {
		t.Run(name, func(t *testing.T) {
			shaky := func() recloser.Store {
				return storetest.NewFaulty(new(recloser.MemoryStore), func(o *storetest.FaultyOptions) { o.Lost = 0.2 })
			}
			if err := storetest.Check(t.Context(), "faults", nil, shaky(), fewer); err != nil {
				t.Fatalf("a store that repeats nothing: %v", err)
			}
			err := storetest.Check(t.Context(), "faults", nil, repeating{shaky(), repeats})
			if err == nil {
				t.Fatal("the store was not found out")
			}
			t.Log(err)
		})
	}
}

// TestHangingMutant: a store that goes on after the end of its context.
func TestHangingMutant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := storetest.Check(t.Context(), "ended", &deaf{hang: time.Minute}, nil)
		if err == nil || !strings.Contains(err.Error(), "goes on") {
			t.Errorf("want an error that says it goes on, got %v", err)
		}
		time.Sleep(2 * time.Minute) // Until the store has returned at last.
	})
}

// TestFaultsThatAreNone: a connection that loses nothing, or everything, shows
// nothing.
func TestFaultsThatAreNone(t *testing.T) {
	for want, fault := range map[string]storetest.Fault{"lost nothing": storetest.FaultNone, "nothing comes through": storetest.FaultDropped} {
		s := storetest.NewFaulty(new(recloser.MemoryStore), func(o *storetest.FaultyOptions) {
			o.Choose = func(string, recloser.Write) storetest.Fault { return fault }
		})
		err := storetest.Check(t.Context(), "faults", nil, s, fewer)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("fault %v: want an error that says %q, got %v", fault, want, err)
		}
	}
}
