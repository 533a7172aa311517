// Package dynamotable is a DynamoDB table in memory, for tests that make more
// requests than a server answers: it gets, puts and updates single items, with
// the expressions that package item writes, in the JSON that DynamoDB speaks.
// That it comes to the same as DynamoDB Local is tested beside it.
package dynamotable

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Value is the value of an attribute in DynamoDB's JSON, such as {"N": "1"}.
type Value = map[string]any

// Item is an item: attributes by their names.
type Item = map[string]any

// Error is an answer that refuses a request.
type Error struct {
	// Code is DynamoDB's name of the fault, such as
	// "ConditionalCheckFailedException".
	Code string
	// Message says what is wrong.
	Message string
}

// Error returns the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

func invalid(format string, args ...any) error {
	return &Error{"ValidationException", fmt.Sprintf(format, args...)}
}

// errCondition is a condition that does not hold.
var errCondition = errors.New("the condition does not hold")

// Table is a table. It is safe for concurrent use.
type Table struct {
	name string
	keys []string

	mu    sync.Mutex
	items map[string]Item
}

// New returns an empty table of the given name with the given key attributes,
// each a text.
func New(name string, keys ...string) *Table {
	return &Table{name: name, keys: keys, items: make(map[string]Item)}
}

// Clear removes all items.
func (t *Table) Clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.items)
}

// Do answers a request: GetItem, PutItem or UpdateItem. The error of one that is
// refused is an [*Error].
func (t *Table) Do(operation string, request map[string]any) (map[string]any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if request["TableName"] != t.name {
		return nil, &Error{"ResourceNotFoundException", "Cannot do operations on a non-existent table"}
	}
	source := "Key"
	if operation == "PutItem" {
		source = "Item"
	}
	item, _ := request[source].(map[string]any)
	key, err := t.key(item, operation != "PutItem")
	if err != nil {
		return nil, err
	}
	switch operation {
	case "GetItem":
		if old, there := t.items[key]; there {
			return map[string]any{"Item": Object(old)}, nil
		}
		return map[string]any{}, nil
	case "PutItem":
		return t.put(key, item, request)
	case "UpdateItem":
		return t.update(key, item, request)
	}
	return nil, &Error{"UnknownOperationException", operation}
}

// key returns what an item is kept under.
func (t *Table) key(item Item, alone bool) (string, error) {
	var parts []string
	for _, name := range t.keys {
		v, _ := item[name].(map[string]any)
		s, ok := v["S"].(string)
		if !ok || s == "" {
			return "", invalid("One of the required keys was not given a value")
		}
		parts = append(parts, s)
	}
	if alone && len(item) != len(t.keys) {
		return "", invalid("The provided key element does not match the schema")
	}
	return strings.Join(parts, "\x00"), nil
}

// condition checks the condition of a write, and returns the expression's
// placeholders with what has been used of them.
func (t *Table) condition(old Item, request map[string]any) (*placeholders, error) {
	p := newPlaceholders(request)
	text, there := request["ConditionExpression"].(string)
	if !there {
		return p, nil
	}
	e, err := parseCondition(text, p)
	if err != nil {
		return nil, err
	}
	if !e.holds(old) {
		return p, errCondition
	}
	return p, nil
}

func (t *Table) put(key string, item Item, request map[string]any) (map[string]any, error) {
	p, err := t.condition(t.items[key], request)
	if err != nil {
		return nil, refused(err)
	}
	if err := p.unused(); err != nil {
		return nil, err
	}
	kept := make(Item, len(item))
	for name, v := range item {
		value, _ := v.(map[string]any)
		if kept[name], err = canonical(value); err != nil {
			return nil, err
		}
	}
	t.items[key] = Object(kept)
	return map[string]any{}, nil
}

func (t *Table) update(key string, id Item, request map[string]any) (map[string]any, error) {
	old := t.items[key]
	p, failed := t.condition(old, request)
	if failed != nil && !errors.Is(failed, errCondition) {
		return nil, failed
	}
	text, _ := request["UpdateExpression"].(string)
	u, err := parseUpdate(text, p)
	if err != nil {
		return nil, err
	}
	if err := p.unused(); err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, refused(failed)
	}
	next := Object(old)
	if old == nil {
		next = Object(id)
	}
	if err := u.apply(old, next, t.keys); err != nil {
		return nil, err
	}
	t.items[key] = next
	if request["ReturnValues"] == "ALL_NEW" {
		return map[string]any{"Attributes": Object(next)}, nil
	}
	return map[string]any{}, nil
}

func refused(err error) error {
	if errors.Is(err, errCondition) {
		return &Error{"ConditionalCheckFailedException", "The conditional request failed"}
	}
	return err
}

// Object returns an object as it is in JSON. It shares nothing with v, and nil
// stays nil; what is no object in JSON is a mistake of the caller, and a panic.
func Object(v any) map[string]any {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("dynamotable: %T: %v", v, err))
	}
	var o map[string]any
	if err := json.Unmarshal(text, &o); err != nil {
		panic(fmt.Sprintf("dynamotable: %T: %v", v, err))
	}
	return o
}

// placeholders are the names and values that expressions stand on.
type placeholders struct {
	names, values map[string]any
	used          map[string]bool
}

func newPlaceholders(request map[string]any) *placeholders {
	names, _ := request["ExpressionAttributeNames"].(map[string]any)
	values, _ := request["ExpressionAttributeValues"].(map[string]any)
	return &placeholders{names, values, make(map[string]bool)}
}

func (p *placeholders) unused() error {
	for _, name := range slices.Sorted(maps.Keys(p.names)) {
		if !p.used[name] {
			return invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if !p.used[name] {
			return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", name)
		}
	}
	return nil
}

// Items returns all items, in no order.
func (t *Table) Items() []Item {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Item
	for _, item := range t.items {
		all = append(all, Object(item))
	}
	return all
}
