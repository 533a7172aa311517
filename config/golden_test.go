package config_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/config"
)

// TestInvalid holds the lines that are told of every file that is wrong to those
// that stand beside it.
func TestInvalid(t *testing.T) {
	for _, name := range glob(t, "testdata/invalid/*.yaml") {
		t.Run(strings.TrimPrefix(name, "testdata/invalid/"), func(t *testing.T) {
			_, err := config.Parse("recloser.yaml", read(t, name))
			if err == nil {
				t.Fatal("accepted")
			}
			if !errors.Is(err, config.ErrInvalid) {
				t.Errorf("does not match ErrInvalid: %v", err)
			}
			got, golden := err.Error()+"\n", strings.TrimSuffix(name, ".yaml")+".txt"
			if *rewrite {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(read(t, golden)); got != want {
				t.Errorf("got\n%s\nwant\n%s\nif it should be: go test ./config -run TestInvalid -rewrite", got, want)
			}
		})
	}
}

// TestValid accepts every good file, and finds what it wrote of it to mean the
// same.
func TestValid(t *testing.T) {
	for _, name := range glob(t, "testdata/valid/*.yaml") {
		f, err := config.Parse(name, read(t, name))
		if err != nil {
			t.Errorf("%s:\n%v", name, err)
			continue
		}
		if err := f.Validate(); err != nil {
			t.Errorf("%s: Validate: %v", name, err)
		}
		if again := rewritten(t, f); !sameFile(f, again) {
			t.Errorf("%s: written and read again it is\n%+v, not\n%+v", name, again, f)
		}
	}
}
