package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// node is one schema; its keys stand in the order of the fields.
type node struct {
	Schema        string           `json:"$schema,omitempty"`
	ID            string           `json:"$id,omitempty"`
	Title         string           `json:"title,omitempty"`
	Description   string           `json:"description,omitempty"`
	AllOf         []*node          `json:"allOf,omitempty"`
	AnyOf         []*node          `json:"anyOf,omitempty"`
	Ref           string           `json:"$ref,omitempty"`
	Type          any              `json:"type,omitempty"`
	Const         any              `json:"const,omitempty"`
	Enum          []string         `json:"enum,omitempty"`
	Pattern       string           `json:"pattern,omitempty"`
	MaxLength     int              `json:"maxLength,omitempty"`
	Minimum       any              `json:"minimum,omitempty"`
	Maximum       any              `json:"maximum,omitempty"`
	Items         *node            `json:"items,omitempty"`
	MaxItems      int              `json:"maxItems,omitempty"`
	Default       any              `json:"default,omitempty"`
	Examples      []any            `json:"examples,omitempty"`
	Properties    properties       `json:"properties,omitempty"`
	PropertyNames *node            `json:"propertyNames,omitempty"`
	Additional    any              `json:"additionalProperties,omitempty"`
	MinProperties int              `json:"minProperties,omitempty"`
	MaxProperties int              `json:"maxProperties,omitempty"`
	Required      []string         `json:"required,omitempty"`
	Definitions   map[string]*node `json:"definitions,omitempty"`
}

// properties is an object whose keys keep their order.
type properties []property

type property struct {
	key   string
	value any
}

func (p properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, one := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := plain(one.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", one.key, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// plain returns v as JSON in which <, > and & stand for themselves.
func plain(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}
