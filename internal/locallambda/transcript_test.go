//go:build unix

package locallambda_test

import (
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

// What the real runtime client and a real extension said and heard, from the start
// of an environment to its end. Each golden names what it follows.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		golden, function string
		extension        *conduct
		payloads         []string
	}{
		{"invoke.txt", "obey", nil, []string{`{}`}},
		{"handler_error.txt", "obey", nil, []string{`{"do":"fail"}`}},
		{"panic.txt", "obey", nil, []string{`{"do":"panic"}`}},
		{"init_error.txt", "initerror", nil, []string{`{}`}},
		{"timeout.txt", "obey", nil, []string{`{"do":"hang"}`}},
		{"stream.txt", "streaming", nil, []string{`{}`, `{"do":"fail"}`}},
		{"extension.txt", "obey", &conduct{Events: everything, Feature: "accountId"}, []string{`{}`, `{}`}},
		{"extension_timeout.txt", "obey", &conduct{Events: everything}, []string{`{"do":"hang"}`}},
		{"subscription.txt", "obey", &conduct{Events: everything, Telemetry: subscription}, []string{`{}`}},
	} {
		dir := t.TempDir()
		optFns := []func(*locallambda.Options){func(o *locallambda.Options) { o.Env[wireVariable] = dir }}
		if row.extension != nil {
			option, _ := extended(t, *row.extension)
			optFns = append(optFns, option)
		}
		if strings.Contains(row.payloads[0], "hang") {
			optFns = append(optFns, func(o *locallambda.Options) { o.Timeout = 3 * time.Second })
		}
		f := start(t, row.function, optFns...)
		text := ""
		for _, payload := range row.payloads {
			result := invoke(t, f, payload)
			settled(t, f)
			text += "! " + result.FunctionError + " " + string(result.Payload) + "\n"
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		golden(t, row.golden, normal(transcript(t, dir)+text))
	}
}
