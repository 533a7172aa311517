package config

import (
	_ "embed"
	"slices"
)

//go:generate go test -run ^TestSchemaIsCurrent$ . -rewrite

//go:embed recloser.schema.json
var schema []byte

//go:embed sample.yaml
var sample []byte

// SchemaURL is where editors find the schema.
const SchemaURL = "https://raw.githubusercontent.com/recloser-dev/recloser/main/config/recloser.schema.json"

// Schema returns the JSON Schema (draft-07) of recloser.yaml, in which every key
// has its description, its default and an example. Every file that [Parse]
// accepts is valid under it; Parse also asks what a schema cannot say, such as
// that one duration is longer than another.
func Schema() []byte { return slices.Clone(schema) }

// Sample returns a recloser.yaml that shows every key with its default and says
// what it does.
func Sample() []byte { return slices.Clone(sample) }
