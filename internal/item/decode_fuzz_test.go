package item_test

import (
	"errors"
	"os"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/field"
	"github.com/recloser-dev/recloser/internal/item"
)

// FuzzDecode: no item crashes a reader; it comes to a record within bounds or to
// an error that says what is wrong. LAWS.md, S10.
func FuzzDecode(f *testing.F) {
	defer evidence.Fuzzing(f, "S10", "the decoder of DynamoDB items")()
	whole, err := os.ReadFile("testdata/schema1.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	for _, seed := range []string{
		`{}`, `{"schema":{"N":"2"}}`, `{"schema":{"N":"1e99"}}`, `{"generation":{"N":"18446744073709551615"},"state":{"S":"open"}}`,
		`{"since_ms":{"N":"-9223372036854775808"},"open_until_ms":{"N":"9223372036854775807"}}`,
		`{"window":{"M":{"c92233720368547758":{"N":"9223372036854775807"},"f1":{"N":"-1"},"":{"N":"1"}}}}`,
		`{"voices":{"SS":["","b","a"]}}`, `{"p0":{"M":{"token":{"S":"x"}}}}`, `{"share":{"N":"Inf"}}`, `{"share":{"N":"-0"}}`,
		`{"cause":{"M":{"span_ms":{"N":"9223372036854775807"}}}}`, `{"override":{"M":{"mode":{"S":"\u0000"}}}}`, `{"w":{"NULL":true}}`, `{"cause":{"M":{"rule":{"S":"reset"},"actor":{"S":"ana"},"reason":{"S":"\"\n"}}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := read(text)
		if err != nil {
			return
		}
		r, err := item.Decode("payments", m)
		var malformed *field.MalformedError
		if err != nil {
			if !errors.As(err, &malformed) && !errors.Is(err, recloser.ErrSchema) {
				t.Fatalf("an error that is neither: %v", err)
			}
			if r != (recloser.Record{}) {
				t.Fatalf("an error with a record: %+v", r)
			}
			return
		}
		if r.Check() != nil || !(r.Share >= 0 && r.Share <= 1) || r.Relapses < 0 || r.ProbeOK < 0 || r.ProbeFailed < 0 || r.Cause.Span < 0 {
			t.Fatalf("out of bounds: %+v", r)
		}
		if _, err := r.State.MarshalText(); err != nil {
			t.Fatal(err)
		}
		slots := r.Window.Slots()
		for i, s := range slots {
			if s.Start <= 0 || i > 0 && s.Start <= slots[i-1].Start || s.Calls < 0 || s.Failures < 0 || s.Slow < 0 || s.Reports < 0 {
				t.Fatalf("a window that is none: %+v", slots)
			}
		}
		if again, err := item.Decode("payments", m); err != nil || again != r {
			t.Fatalf("read twice: %v and\n\t%+v\nthen\n\t%+v", err, r, again)
		}
	})
}
