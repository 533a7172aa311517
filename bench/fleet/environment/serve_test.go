package environment_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/bench/fleet/environment"
)

func TestServeRefuses(t *testing.T) {
	join := `{"peer":"recloser/valkey","url":"redis://127.0.0.1:1","size":1}`
	for in, want := range map[string]string{
		"":                      "which circuit to join",
		"nonsense":              "which circuit to join",
		`{"peer":"nobody"}`:     "", // It has no environments, and nobody is asked.
		join + "\nnonsense":     "what to do",
		`{"peer":"x","size":1}`: "no peer",
	} {
		var out bytes.Buffer
		err := environment.Serve(t.Context(), strings.NewReader(in), &out)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", in, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(out.String(), want)):
			t.Errorf("%q: %v, and said %s; want %q", in, err, out.String(), want)
		}
	}
}

// Whom nobody listens to ends.
func TestServeToNobody(t *testing.T) {
	gone := errors.New("the pipe is broken")
	err := environment.Serve(t.Context(), strings.NewReader(`{"peer":"recloser/valkey","url":"redis://127.0.0.1:1","size":1}`), broken{gone})
	if !errors.Is(err, gone) {
		t.Errorf("%v, want %v", err, gone)
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }
