// Package item is the one description of a record, and of what has happened to
// its circuit, as DynamoDB items: their attributes, what each write of them says,
// and how they are read back. It knows no
// SDK, so that whatever speaks to DynamoDB may use it: a client, a Step Functions
// workflow, a template.
//
//	pk               S   the circuit's key
//	sk               S   record
//	schema           N   the version it was written with
//	generation       N
//	state            S   closed, open or half_open
//	since_ms         N
//	open_until_ms    N
//	relapses         N
//	cause            M   {rule, calls, failures, slow, span_ms, actor, reason}
//	override         M   {mode, until_ms, actor, reason}
//	watch_since_ms   N
//	share            N
//	voices           SS
//	window           M   c<slot> f<slot> s<slot> r<slot>, N each: calls, failures,
//	                     slow calls and reports of the slot that starts at
//	                     <slot> tenths of a second
//	p0 … p7          M   the probe slots that are held: {token, end_ms}
//	probe_ok         N
//	probe_failed     N
//	ttl              N   in seconds: when DynamoDB may delete it
//
// An attribute that is absent is zero, closed or empty, here and in every
// condition; spec/record.md has their ranges.
//
// The window is a map because a watch or a transition drops all of its slots,
// those its writer has never seen included: no update can remove attributes that
// it does not name, but every update can remove the map.
package item

import (
	"encoding/json"
)

// Names of the attributes that a table is made with.
const (
	// Key and Sort are its key: the circuit's, and what of the circuit it is.
	Key  = "pk"
	Sort = "sk"
	// Schema stands in records alone, so that an index by it lists circuits and
	// nothing else.
	Schema = "schema"
	// Expires is when DynamoDB may delete an item, in seconds.
	Expires = "ttl"
)

// SortRecord is the sort key of every record.
const SortRecord = "record"

// RecordKey returns the key of the record of a circuit.
func RecordKey(circuit string) Map { return Map{Key: String(circuit), Sort: String(SortRecord)} }

// Value is the value of an attribute: a [String], [Number], [Set], [Map] or
// [Other].
type Value interface{ value() }

// String is a text.
type String string

// Number is a number in decimal digits.
type Number string

// Set is a set of texts.
type Set []string

// Map is a map of attributes; an item is one.
type Map map[string]Value

// Other is a value of a type that no attribute of a record has.
type Other struct{}

func (String) value() {}
func (Number) value() {}
func (Set) value()    {}
func (Map) value()    {}
func (Other) value()  {}

// MarshalJSON returns the string in DynamoDB's JSON.
func (s String) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"S": string(s)})
}

// MarshalJSON returns the number in DynamoDB's JSON.
func (n Number) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"N": string(n)})
}

// MarshalJSON returns the set in DynamoDB's JSON.
func (s Set) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string][]string{"SS": s})
}

// MarshalJSON returns the map in DynamoDB's JSON. An item is written as the
// plain map[string]Value that it is.
func (m Map) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]map[string]Value{"M": m})
}
