package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/config"
)

// rewritten returns f as it is read from what the YAML package writes of it.
func rewritten(tb testing.TB, f *config.File) *config.File {
	tb.Helper()
	text, err := yaml.Marshal(f)
	if err != nil {
		tb.Fatal(err)
	}
	again, err := config.Parse("rewritten.yaml", text)
	if err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	return again
}

// sameFile reports whether a and b mean the same, wherever they came from.
func sameFile(a, b *config.File) bool {
	return a.Version == b.Version && reflect.DeepEqual(a.Store, b.Store) &&
		reflect.DeepEqual(a.Defaults, b.Defaults) && reflect.DeepEqual(a.Circuits, b.Circuits)
}

const minimal = "version: 1\nstore: { memory: {} }\ncircuits: { payments: {} }\n"

func parse(tb testing.TB, text string, optFns ...func(*config.Options)) *config.File {
	tb.Helper()
	f, err := config.Parse("recloser.yaml", []byte(text), optFns...)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func TestLayers(t *testing.T) {
	f := parse(t, `
version: 1
store: { dynamodb: {} }
defaults:
  open_when: { window: 20s }
  failures: { http: [503] }
circuits:
  as_default:
  own:
    open_when: { min_calls: 30 }
    failures: { errors: [A] }
  other:
    open_when: { window: 30s }
    failures: { http: [] }
`)
	want := config.DefaultCircuit()
	want.OpenWhen.Window, want.Failures.HTTP = 20*time.Second, []string{"503"}
	check := func(name string, change func(*config.Circuit)) {
		want := want
		change(&want)
		if got := f.Circuits[name]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", name, got, want)
		}
	}
	check("as_default", func(*config.Circuit) {})
	check("own", func(c *config.Circuit) { c.OpenWhen.MinCalls, c.Failures.Errors = 30, []string{"A"} })
	check("other", func(c *config.Circuit) { c.OpenWhen.Window, c.Failures.HTTP = 30*time.Second, []string{} })
	if f.Store.DynamoDB == nil || f.Store.DynamoDB.Table != "recloser" {
		t.Errorf("store is %v", f.Store)
	}
	if got, want := f.Names(), []string{"as_default", "other", "own"}; !slices.Equal(got, want) {
		t.Errorf("names are %v, want %v", got, want)
	}
	if policy := f.Policies()["own"]; policy.OpenWhen.MinCalls != 30 || len(f.Policies()) != 3 {
		t.Errorf("policies are %+v", f.Policies())
	}
}

// TestDefaults holds what an empty circuit is to what the library defaults to.
func TestDefaults(t *testing.T) {
	f := parse(t, minimal)
	if got := f.Circuits["payments"]; got.Policy != recloser.DefaultPolicy() || !reflect.DeepEqual(got, config.DefaultCircuit()) {
		t.Errorf("got %+v", got)
	}
	if err := config.DefaultCircuit().Validate(); err != nil {
		t.Error(err)
	}
}

// TestSample holds the sample to the defaults, and to show every key.
func TestSample(t *testing.T) {
	text := string(config.Sample())
	f := parse(t, text)
	if want := config.DefaultCircuit(); !reflect.DeepEqual(f.Defaults, want) || !reflect.DeepEqual(f.Circuits["payments"], want) {
		t.Errorf("got\n%+v\nwant\n%+v", f.Defaults, want)
	}
	for _, setting := range append(f.Settings("payments"), f.Settings("")...) {
		if setting.Source.Kind != config.SourceFile {
			t.Errorf("%s is not in the sample", setting.Path)
		}
	}
	if first, _, _ := strings.Cut(text, "\n"); first != "# yaml-language-server: $schema="+config.SchemaURL {
		t.Errorf("begins with %q", first)
	}
	if err := compiled(t).Validate(instance(t, config.Sample())); err != nil {
		t.Error(err)
	}
	// What it shows in comments is meant to be taken out of them.
	shown := strings.NewReplacer("  # reports:", "  reports:", "  #   call", "    call", "  #   open", "    open").Replace(text)
	if got := parse(t, shown).Circuits["reports"].Call.Timeout; got != 20*time.Second {
		t.Errorf("the slow dependency has a timeout of %v", got)
	}
	head, rest, _ := strings.Cut(text, "store:\n")
	_, rest, _ = strings.Cut(rest, "# What circuits share")
	_, comment, _ := strings.Cut(head, "# table:\n")
	shown = head + "store:\n" + strings.ReplaceAll(strings.ReplaceAll(comment, "#   memory: {}", ""), "#   ", "  ") + "# What circuits share" + rest
	for _, setting := range parse(t, shown).Settings("") {
		if setting.Source.Kind != config.SourceFile {
			t.Errorf("%s is not in the sample", setting.Path)
		}
	}
}

func TestTextForms(t *testing.T) {
	want := parse(t, minimal)
	for name, text := range map[string]string{
		"carriage returns": strings.ReplaceAll(minimal, "\n", "\r\n"),
		"byte order mark":  "\ufeff" + minimal,
		"document markers": "---\n" + minimal + "...\n",
		"comments":         "# a\n\n" + strings.ReplaceAll(minimal, "\n", " # b\n") + "# c\n",
	} {
		if got := parse(t, text); !sameFile(got, want) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	_, err := config.Parse("recloser.yaml", []byte(strings.ReplaceAll("# zähler\n"+minimal+"ä: { ö: 1 }\n", "\n", "\r\n")))
	if err == nil || !strings.HasPrefix(err.Error(), "recloser.yaml:5:1: ä: unknown key") {
		t.Errorf("got %v", err)
	}
	for _, row := range []struct{ text, want string }{
		{minimal + "# \xff\n", "recloser.yaml:4:3: has a character"},
		{"# ä\v\n" + minimal, "recloser.yaml:1:4: has a character"},
		{strings.Repeat("#\n", config.MaxSize/2) + minimal, "recloser.yaml: has 1048636 bytes, and may have 1048576"},
	} {
		if _, err := config.Parse("recloser.yaml", []byte(row.text)); err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
}

func TestLoad(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	named, other := write("named.yaml", minimal), write("other.yaml", strings.Replace(minimal, "payments", "other", 1))
	write("recloser.yaml", strings.Replace(minimal, "payments", "here", 1))
	t.Chdir(folder)
	for _, row := range []struct{ path, variable, want string }{
		{"", "", "here"},
		{"", other, "other"},
		{named, other, "payments"},
	} {
		t.Setenv(config.EnvConfig, row.variable)
		f, err := config.Load(row.path)
		if err != nil || !slices.Equal(f.Names(), []string{row.want}) {
			t.Errorf("%+v: got %v, %v", row, f, err)
		}
	}
	t.Setenv("RECLOSER_ENFORCE", "7%")
	if f, err := config.Load(named); err != nil || f.Circuits["payments"].Enforce != 0.07 {
		t.Errorf("Load did not read the environment: %v", err)
	}
	if f, err := config.Load(named, func(o *config.Options) { o.Environ = nil }); err != nil || f.Circuits["payments"].Enforce != 1 {
		t.Errorf("Load read an environment it was not given: %v", err)
	}
	_, err := config.Load("missing.yaml")
	if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, config.ErrInvalid) || !strings.Contains(err.Error(), "recloser init") {
		t.Errorf("got %v", err)
	}
	long := write("long.yaml", strings.Repeat(" ", 3*config.MaxSize))
	if _, err := config.Load(long); !errors.Is(err, config.ErrInvalid) || !strings.Contains(err.Error(), "and may have") {
		t.Errorf("got %v", err)
	}
}

func TestErrors(t *testing.T) {
	_, err := config.Parse("recloser.yaml", []byte("version: 1\nstore: { memory: {} }\ncircuits:\n  a/b: {}\n  c: { half_open: { probes: 9 } }\n"))
	if !errors.Is(err, config.ErrInvalid) || !errors.Is(err, recloser.ErrPolicy) || !errors.Is(err, recloser.ErrKey) {
		t.Errorf("%v does not match what it should", err)
	}
	all, ok := errors.AsType[config.Errors](err)
	if !ok || len(all) != 2 {
		t.Fatalf("got %v", err)
	}
	if first, ok := errors.AsType[*config.Error](err); !ok || first != all[0] {
		t.Errorf("the first error is %v", first)
	}
	last := *all[1]
	if last.File != "recloser.yaml" || last.Line != 5 || last.Column != 29 || last.Circuit != "c" ||
		last.Path != "half_open.probes" || last.Problem != "must be from 1 to 8, not 9" {
		t.Errorf("got %+v", last)
	}
	if field, ok := errors.AsType[*recloser.FieldError](err); !ok || field.Field != "half_open.probes" {
		t.Errorf("got %v", field)
	}
}

func TestFileValidate(t *testing.T) {
	f := &config.File{Version: 1, Store: config.Store{Memory: &config.MemoryStore{}}, Circuits: map[string]config.Circuit{"a": config.DefaultCircuit()}}
	if err := f.Validate(); err != nil {
		t.Error(err)
	}
	broken := config.DefaultCircuit()
	broken.HalfOpen.Probes = 0
	broken.PartitionBy = config.PartitionBy{Header: "X", Segment: 1}
	f = &config.File{Circuits: map[string]config.Circuit{"a b": broken}}
	err := f.Validate()
	if !errors.Is(err, config.ErrInvalid) || !errors.Is(err, recloser.ErrPolicy) || !errors.Is(err, recloser.ErrKey) {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{"version: 0", "names no store", "a b", "half_open.probes", "partition_by"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in %v", want, err)
		}
	}
}
