package config_test

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/config"
)

// generator makes the schema of the types that recloser.yaml is decoded into.
type generator struct {
	t         *testing.T
	docs      map[string]string // of a field, by Type.Field
	constants map[string]string
	notes     map[string]annotation
	used      map[string]bool
}

// generated returns recloser.schema.json as it follows from the types.
func generated(t *testing.T) []byte {
	t.Helper()
	g := &generator{t: t, docs: map[string]string{}, constants: map[string]string{}, notes: annotations(), used: map[string]bool{}}
	g.read(".")
	g.read("..")
	file := g.file()
	for path := range g.notes {
		if !g.used[path] {
			t.Errorf("annotations: there is no key %s", path)
		}
	}
	text, err := plain(file)
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	return indented.Bytes()
}

func (g *generator) file() *node {
	circuit := g.group(reflect.ValueOf(config.DefaultCircuit()), "")
	reference := &node{Ref: "#/definitions/circuit"}
	example := properties{{"call", properties{{"timeout", "2500ms"}}}}
	file := reflect.TypeFor[config.File]()
	describe := func(field string) string { return g.description(file, field) }

	store := reflect.ValueOf(config.Store{
		Memory:   &config.MemoryStore{},
		DynamoDB: &config.DynamoDBStore{Table: config.DefaultTable},
		Valkey:   &config.ValkeyStore{Prefix: config.DefaultPrefix},
	})
	where := g.group(store, "store")
	where.Type, where.Description = "object", describe("Store")
	where.Default, where.MinProperties, where.MaxProperties = nil, 1, 1
	where.Examples = []any{properties{{"dynamodb", properties{{"table", "recloser"}}}}}
	g.used["version"] = true

	return &node{
		Schema: "http://json-schema.org/draft-07/schema#", ID: config.SchemaURL,
		Title: "recloser.yaml", Description: "What is called, and how it is protected.", Type: "object",
		Properties: properties{
			{"version", &node{Description: describe("Version"), Const: config.Version, Default: config.Version, Examples: []any{config.Version}}},
			{"store", where},
			{"defaults", &node{
				Description: describe("Defaults"), AllOf: []*node{reference},
				Default: circuit.Default, Examples: []any{example},
			}},
			{"circuits", &node{
				Description: describe("Circuits"), Type: "object",
				PropertyNames: &node{Pattern: "^[A-Za-z0-9._:-]+$", MaxLength: recloser.MaxName},
				Additional:    reference, MinProperties: 1, MaxProperties: config.MaxCircuits,
				Examples: []any{properties{{"payments", example}}},
			}},
		},
		Required: []string{"version", "circuits"}, Additional: false,
		Definitions: map[string]*node{"circuit": {
			Description: "One circuit: its policy, and what is called through it. What it leaves out has the value of defaults.",
			Type:        circuit.Type, Properties: circuit.Properties, Additional: false,
		}},
	}
}

// group returns the schema of a mapping with fixed keys, whose defaults are the
// values it has.
func (g *generator) group(v reflect.Value, path string) *node {
	n := &node{Type: []string{"object", "null"}, Additional: false}
	defaults := properties{}
	var required []string
	for field, value := range v.Fields() {
		if field.Anonymous {
			inner := g.group(value, path)
			n.Properties = append(n.Properties, inner.Properties...)
			defaults = append(defaults, inner.Default.(properties)...)
			continue
		}
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if key == "-" {
			continue // No file has it.
		}
		at := strings.TrimPrefix(path+"."+key, ".")
		child := g.value(value, at)
		child.Description = g.description(v.Type(), field.Name)
		if strings.Contains(child.Description, "no default") {
			child.Default = nil
			required = append(required, key)
		} else {
			defaults = append(defaults, property{key, child.Default})
		}
		if len(child.Examples) == 0 && len(child.Properties) > 0 {
			first := child.Properties[0]
			child.Examples = []any{properties{{first.key, first.value.(*node).Examples[0]}}}
		}
		n.Properties = append(n.Properties, property{key, child})
	}
	n.Default = defaults
	if path == "store.valkey" {
		n.Required, n.Type = required, "object"
	}
	return n
}

// value returns the schema of one key, without its description.
func (g *generator) value(v reflect.Value, path string) *node {
	note, noted := g.notes[path]
	g.used[path] = true
	n := &node{Pattern: note.pattern, Enum: note.enum, Minimum: note.min, Maximum: note.max}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	_, textual := reflect.TypeAssert[encoding.TextMarshaler](v)
	switch {
	case v.Type() == reflect.TypeFor[recloser.Share]():
		n.Type, n.Pattern = "string", config.SharePattern
	case v.Type() == reflect.TypeFor[time.Duration]():
		n.Type, n.Pattern = "string", config.DurationPattern
	case v.Kind() == reflect.Struct && !textual:
		n = g.group(v, path)
	case v.Kind() == reflect.Struct, v.Kind() == reflect.String:
		n.Type = "string"
		if note.pattern != "" {
			n.MaxLength = cmp.Or(note.long, config.MaxText)
		}
	case v.Kind() == reflect.Slice:
		number := &node{Type: "number"}
		if path == "failures.http" {
			number = &node{Type: "integer", Minimum: 100, Maximum: 599}
		}
		n.Type, n.Pattern, n.MaxItems = "array", "", config.MaxListed
		n.Items = &node{AnyOf: []*node{{Type: "string", Pattern: note.pattern, MaxLength: config.MaxEntry}, number}}
	case v.Kind() == reflect.Int:
		n.Type = "integer"
	case v.Kind() == reflect.Bool:
		n.Type = "boolean"
	case v.Kind() == reflect.Float64:
		n.Type = "number"
	default:
		g.t.Fatalf("%s: no schema for %v", path, v.Type())
	}
	if n.Default == nil {
		n.Default = literal(v)
	}
	if noted {
		n.Examples = []any{note.example}
	}
	return n
}

// literal returns a value as JSON has it where YAML has it as the file does.
func literal(v reflect.Value) any {
	switch v := v.Interface().(type) {
	case time.Duration:
		return shortDuration(v)
	case encoding.TextMarshaler:
		return v
	}
	return v.Interface()
}

// shortDuration returns d without units that are zero.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

var (
	linkRegexp = regexp.MustCompile(`\[\*?([A-Z][A-Za-z.]*)\]`)
	nameRegexp = regexp.MustCompile(`\b[A-Z][A-Za-z]*(\.[A-Z][A-Za-z]*)?\b`)
)

// description returns the comment of a field as a reader of YAML needs it: with
// keys in place of the names of fields.
func (g *generator) description(group reflect.Type, field string) string {
	text, found := g.docs[group.Name()+"."+field]
	if !found {
		g.t.Errorf("%s.%s has no comment", group.Name(), field)
	}
	text = linkRegexp.ReplaceAllStringFunc(text, func(link string) string {
		name := strings.Trim(link, "[]*")
		if value, found := g.constants[name]; found {
			return value
		}
		return name
	})
	if rest, found := strings.CutPrefix(text, field+" "); found {
		text = keyOf(group, field) + " " + rest
	}
	return nameRegexp.ReplaceAllStringFunc(text, func(name string) string {
		if outer, inner, dotted := strings.Cut(name, "."); dotted {
			if of, found := reflect.TypeFor[config.Circuit]().FieldByName(outer); found {
				return keyOf(reflect.TypeFor[config.Circuit](), outer) + "." + keyOf(of.Type, inner)
			}
		}
		if name == field {
			return name // Amazon DynamoDB, and "Defaults to".
		}
		return keyOf(group, name)
	})
}

// keyOf returns the key of a field of group, or the name if it has none.
func keyOf(group reflect.Type, name string) string {
	field, found := group.FieldByName(name)
	if !found {
		return name
	}
	key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return key
}
