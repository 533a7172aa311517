package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/recloser-dev/recloser/config"
)

// TestSchemaIsCurrent holds the schema to the types and their comments.
func TestSchemaIsCurrent(t *testing.T) {
	const golden = "recloser.schema.json"
	want := generated(t)
	if *rewrite {
		if err := os.WriteFile(golden, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(config.Schema(), want) {
		t.Errorf("%s is not what the types and their comments say; go generate ./config, and read the diff", golden)
	}
}

// TestSchemaDescribesEveryKey finds a description, an example and a default of
// every key; a key has none of the latter only if its comment says so.
func TestSchemaDescribesEveryKey(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(config.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	keys := 0
	var walk func(path string, schema map[string]any)
	walk = func(path string, schema map[string]any) {
		properties, _ := schema["properties"].(map[string]any)
		for key, value := range properties {
			keys++
			at, child := path+"."+key, value.(map[string]any)
			description, _ := child["description"].(string)
			if description == "" || child["examples"] == nil {
				t.Errorf("%s lacks a description or an example", at)
			}
			if _, has := child["default"]; has == strings.Contains(description, "no default") {
				t.Errorf("%s: has a default: %v, but its description says %q", at, has, description)
			}
			walk(at, child)
		}
	}
	walk("", root)
	walk("circuit", root["definitions"].(map[string]any)["circuit"].(map[string]any))
	if keys < 45 {
		t.Errorf("found %d keys, so this looks in the wrong places", keys)
	}
}

// TestSchemaExamples writes the example of every key into a file, alone, and
// finds the file accepted.
func TestSchemaExamples(t *testing.T) {
	schema := compiled(t)
	for path, note := range annotations() {
		if path == "version" {
			continue
		}
		text := fileWith(t, path, note.example)
		if _, err := config.Parse("example.yaml", text); err != nil {
			t.Errorf("%s: %v\n%s", path, err, text)
		}
		if err := schema.Validate(instance(t, text)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestSchemaBounds finds the bounds of the schema to be those of the package.
func TestSchemaBounds(t *testing.T) {
	schema := compiled(t)
	for path, note := range annotations() {
		if note.min == nil {
			continue
		}
		low, high := note.min.(int), note.max.(int)
		for n, want := range map[int]bool{low - 1: false, low: true, high: true, high + 1: false} {
			text := fileWith(t, path, n)
			_, err := config.Parse("bounds.yaml", text)
			if got := err == nil || !strings.Contains(err.Error(), path+": must be from"); got != want {
				t.Errorf("%s: %d: accepted: %v, want %v (%v)", path, n, got, want, err)
			}
			if err := schema.Validate(instance(t, text)); (err == nil) != want {
				t.Errorf("%s: %d: schema: %v, want accepted: %v", path, n, err, want)
			}
		}
	}
}

// TestSchemaOnTestdata validates every good file, and none of the bad ones that
// a schema can know to be bad.
func TestSchemaOnTestdata(t *testing.T) {
	schema := compiled(t)
	for _, name := range glob(t, "testdata/valid/*.yaml") {
		if err := schema.Validate(instance(t, read(t, name))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	beyond := []string{ // a schema, or the YAML package's decoder without positions
		"alias.yaml", "circuits_many.yaml", "circuits_twice.yaml", "control.yaml", "deep.yaml", "default_cooldown.yaml",
		"documents.yaml", "empty.yaml", "inequalities.yaml", "infinite.yaml", "many_errors.yaml", "no_rule.yaml", "shared_defaults.yaml",
		"store_missing.yaml", "store_region.yaml", "syntax.yaml", "tags.yaml", "comments_only.yaml",
	}
	for _, name := range beyond {
		read(t, filepath.Join("testdata/invalid", name))
	}
	for _, name := range glob(t, "testdata/invalid/*.yaml") {
		if slices.Contains(beyond, filepath.Base(name)) {
			continue
		}
		if err := schema.Validate(instance(t, read(t, name))); err == nil {
			t.Errorf("%s is valid under the schema", name)
		}
	}
}

// compiled returns the schema as a draft-07 validator understands it.
func compiled(tb testing.TB) *jsonschema.Schema {
	tb.Helper()
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema()))
	if err != nil {
		tb.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	if err := compiler.AddResource(config.SchemaURL, root); err != nil {
		tb.Fatal(err)
	}
	schema, err := compiler.Compile(config.SchemaURL)
	if err != nil {
		tb.Fatal(err)
	}
	return schema
}

// instance returns a YAML file as a validator sees it.
func instance(tb testing.TB, text []byte) any {
	tb.Helper()
	converted, err := yaml.YAMLToJSON(text)
	if err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(converted))
	if err != nil {
		tb.Fatalf("%v\n%s", err, converted)
	}
	return value
}

// fileWith returns a file with one circuit in which only the given key is set.
func fileWith(tb testing.TB, path string, value any) []byte {
	tb.Helper()
	for _, key := range slices.Backward(strings.Split(path, ".")) {
		value = map[string]any{key: value}
	}
	if rest, found := strings.CutPrefix(path, "store.valkey."); found && rest != "address" {
		server := value.(map[string]any)["store"].(map[string]any)["valkey"].(map[string]any)
		server["address"] = "valkey.internal:6379"
	}
	file := map[string]any{"version": 1, "store": map[string]any{"memory": nil}}
	if store, found := value.(map[string]any)["store"]; found {
		file["store"], value = store, nil
	}
	file["circuits"] = map[string]any{"payments": value}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		tb.Fatal(err)
	}
	return fmt.Append(text, "\n")
}

func glob(tb testing.TB, pattern string) []string {
	tb.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		tb.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	return names
}

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}
