package config_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/internal/evidence"
)

// FuzzParse holds of every file: it is either refused with lines that say where,
// or it is accepted, and then the schema accepts it too, every policy in it is
// sound, and what is written of it means the same.
func FuzzParse(f *testing.F) {
	defer evidence.Fuzzing(f, "S10", "the decoder of recloser.yaml")()
	for _, pattern := range []string{"testdata/valid/*.yaml", "testdata/invalid/*.yaml"} {
		for _, name := range glob(f, pattern) {
			if text := read(f, name); len(text) < 4096 {
				f.Add(text)
			}
		}
	}
	f.Add(config.Sample())
	schema := compiled(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 8192 {
			return
		}
		file, err := config.Parse("fuzz.yaml", text)
		if err != nil {
			checkErrors(t, err)
			return
		}
		if err := schema.Validate(instance(t, text)); err != nil {
			t.Errorf("the schema refuses what Parse accepts: %v", err)
		}
		if err := file.Validate(); err != nil {
			t.Error(err)
		}
		for _, name := range file.Names() {
			if _, err := recloser.Key(name, ""); err != nil || len(file.Settings(name)) == 0 {
				t.Errorf("circuit %q: %v", name, err)
			}
		}
		if again := rewritten(t, file); !sameFile(file, again) {
			t.Errorf("written and read again it is\n%+v, not\n%+v", again, file)
		}
	})
}

func checkErrors(t *testing.T, err error) {
	t.Helper()
	all, ok := errors.AsType[config.Errors](err)
	if !ok || !errors.Is(err, config.ErrInvalid) || len(all) == 0 || len(all) > config.MaxErrors+1 {
		t.Fatalf("%T, %d problems: %v", err, len(all), err)
	}
	for _, problem := range all {
		line := problem.Error()
		if strings.ContainsAny(line, "\n\r") || !utf8.ValidString(line) || len(line) > 1024 {
			t.Errorf("not one line of text: %q", line)
		}
		if problem.File != "fuzz.yaml" || problem.Line < 1 || problem.Column < 1 || problem.Problem == "" {
			t.Errorf("does not say where or what: %#v", problem)
		}
	}
}
