package item_test

import (
	"encoding/json"
	"fmt"

	"github.com/recloser-dev/recloser/internal/item"
)

// read reads an item in DynamoDB's JSON. What is of no type that it has is
// [item.Other].
func read(text []byte) (item.Map, error) {
	var plain map[string]json.RawMessage
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil, err
	}
	m := make(item.Map, len(plain))
	for name, raw := range plain {
		m[name] = value(raw)
	}
	return m, nil
}

func value(raw json.RawMessage) item.Value {
	var v struct {
		S  *string
		N  *string
		SS *[]string
		M  *map[string]json.RawMessage
	}
	if json.Unmarshal(raw, &v) != nil {
		return item.Other{}
	}
	switch {
	case v.S != nil:
		return item.String(*v.S)
	case v.N != nil:
		return item.Number(*v.N)
	case v.SS != nil:
		return item.Set(*v.SS)
	case v.M != nil:
		m := make(item.Map, len(*v.M))
		for name, raw := range *v.M {
			m[name] = value(raw)
		}
		return m
	}
	return item.Other{}
}

// size is how many bytes an item has, by DynamoDB's rules.
func size(m item.Map) int {
	sum := 0
	for name, v := range m {
		sum += len(name) + valueSize(v)
	}
	return sum
}

func valueSize(v item.Value) int {
	switch v := v.(type) {
	case item.String:
		return len(v)
	case item.Number:
		digits, minus := 0, 0
		for _, r := range v {
			if r >= '0' && r <= '9' {
				digits++
			} else if r == '-' {
				minus = 1
			}
		}
		return (digits+1)/2 + 1 + minus
	case item.Set:
		sum := 0
		for _, s := range v {
			sum += len(s)
		}
		return sum
	case item.Map:
		return 3 + len(v) + size(v)
	}
	panic(fmt.Sprintf("no record has a %T", v))
}
