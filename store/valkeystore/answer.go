package valkeystore

import (
	"fmt"

	"github.com/recloser-dev/recloser"
)

// answer is what a script answers.
type answer struct {
	made, large bool
	hash        map[string]string
	forgotten   []any // An entry that was not kept, if any: why, and which.
}

func readAnswer(reply any) (answer, error) {
	parts, _ := reply.([]any)
	if len(parts) == 0 {
		return answer{}, errAnswer
	}
	switch parts[0] {
	case int64(-1):
		return answer{large: true}, nil
	case int64(0), int64(1):
	default:
		return answer{}, errAnswer
	}
	var pairs, forgotten []any
	if len(parts) == 2 || len(parts) == 3 {
		pairs, _ = parts[1].([]any)
	}
	if len(parts) == 3 {
		forgotten, _ = parts[2].([]any)
	}
	if pairs == nil || len(pairs)%2 != 0 {
		return answer{}, errAnswer
	}
	a := answer{made: parts[0] == int64(1), hash: make(map[string]string, len(pairs)/2), forgotten: forgotten}
	for i := 0; i < len(pairs); i += 2 {
		field, ok := pairs[i].(string)
		value, also := pairs[i+1].(string)
		if !ok || !also {
			return answer{}, errAnswer
		}
		a.hash[field] = value
	}
	return a, nil
}

func (a answer) record(key string) (recloser.Record, error) {
	if a.large {
		return recloser.Record{}, fmt.Errorf("valkeystore: %w", tooLarge(key))
	}
	r, err := decode(key, a.hash)
	if err != nil {
		return recloser.Record{}, fmt.Errorf("valkeystore: %w", err)
	}
	return r, nil
}
