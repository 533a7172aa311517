package config

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// Store says where the records of circuits are kept. Exactly one field is set.
type Store struct {
	// Memory keeps the records in this process, for trying things out: no
	// other environment sees them. Defaults to {}, for it has no keys.
	Memory *MemoryStore `json:"memory,omitempty"`
	// DynamoDB keeps the records in a table of Amazon DynamoDB. Defaults to the
	// default of each key.
	DynamoDB *DynamoDBStore `json:"dynamodb,omitempty"`
	// Valkey keeps the records in Valkey, or in a Redis that speaks like it. It
	// has no default, for its address has none.
	Valkey *ValkeyStore `json:"valkey,omitempty"`
}

// MemoryStore is a store in the memory of this process. It has no keys.
type MemoryStore struct{}

// DynamoDBStore is a table of Amazon DynamoDB.
type DynamoDBStore struct {
	// Table is the name or the ARN of the table. Defaults to recloser.
	Table string `json:"table"`
	// Region is the region of the table. Defaults to "", which is that of the
	// environment.
	Region string `json:"region"`
	// Endpoint is the address of another DynamoDB, such as DynamoDB Local.
	// Defaults to "", which is that of the region.
	Endpoint string `json:"endpoint"`
}

// ValkeyStore is a Valkey server or cluster.
type ValkeyStore struct {
	// Address is the host and the port of the server. It has no default: an
	// environment has no Valkey of its own.
	Address string `json:"address"`
}

// DefaultTable is the name of the DynamoDB table if none is given.
const DefaultTable = "recloser"

func (s *DynamoDBStore) setDefaults() { s.Table = DefaultTable }

// ParseStore reads a store as RECLOSER_STORE and flags name it: memory:,
// dynamodb:<table> or valkey:<host>:<port>.
func ParseStore(text string) (Store, error) {
	kind, argument, found := strings.Cut(text, ":")
	var s Store
	switch {
	case kind == "memory" && found && argument == "":
		s.Memory = &MemoryStore{}
	case kind == "dynamodb" && argument != "":
		s.DynamoDB = &DynamoDBStore{Table: argument}
	case kind == "valkey" && argument != "":
		s.Valkey = &ValkeyStore{Address: argument}
	default:
		return Store{}, fmt.Errorf("a store is memory:, dynamodb:<table> or valkey:<host>:<port>, not %.60q", text)
	}
	return s, s.Validate()
}

// String returns s as [ParseStore] reads it, without region and endpoint.
func (s Store) String() string {
	switch {
	case s.Memory != nil:
		return "memory:"
	case s.DynamoDB != nil:
		return "dynamodb:" + s.DynamoDB.Table
	case s.Valkey != nil:
		return "valkey:" + s.Valkey.Address
	}
	return ""
}

const howToStore = "write memory: {}, dynamodb: { table: recloser } or valkey: { address: host:6379 }"

// Validate reports everything that is wrong with s as one error that joins a
// [*recloser.FieldError] for each problem; it returns nil if s is sound.
func (s Store) Validate() error {
	var all fieldErrors
	switch n := s.kinds(); {
	case n == 0:
		all.add("store", "names no store; "+howToStore)
	case n > 1:
		all.add("store", fmt.Sprintf("names %d stores; keep exactly one of memory, dynamodb and valkey", n))
	}
	if d := s.DynamoDB; d != nil {
		if name := d.Table[strings.LastIndexByte(d.Table, '/')+1:]; len(name) < 3 || len(name) > 255 || len(d.Table) > maxText || !tableRegexp.MatchString(d.Table) {
			all.add("store.dynamodb.table", fmt.Sprintf("must be the ARN of a table or a name of 3 to 255 letters, digits, dots, hyphens and underscores, not %.60q", d.Table))
		}
		if len(d.Region) > maxText || !regionRegexp.MatchString(d.Region) {
			all.add("store.dynamodb.region", fmt.Sprintf("must be a region such as eu-central-1, not %.60q", d.Region))
		}
		if d.Endpoint != "" {
			all.add("store.dynamodb.endpoint", addressProblem(d.Endpoint))
		}
	}
	if s.Valkey != nil {
		all.add("store.valkey.address", hostPortProblem(s.Valkey.Address))
	}
	return errors.Join(all...)
}

func (s Store) kinds() int {
	n := 0
	for _, set := range [...]bool{s.Memory != nil, s.DynamoDB != nil, s.Valkey != nil} {
		if set {
			n++
		}
	}
	return n
}

const (
	tablePattern    = `^(arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]+:table/)?[A-Za-z0-9_.-]+$`
	regionPattern   = `^([a-z]+(-[a-z]+)+-[0-9]+)?$`
	hostPortPattern = `^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]+$`
)

var (
	tableRegexp    = regexp.MustCompile(tablePattern)
	regionRegexp   = regexp.MustCompile(regionPattern)
	hostPortRegexp = regexp.MustCompile(hostPortPattern)
)

func hostPortProblem(address string) string {
	_, port, err := net.SplitHostPort(address)
	number, _ := strconv.Atoi(port)
	if address == "" {
		return "is missing; write a host and a port such as valkey.internal:6379"
	}
	if err != nil || number < 1 || number > 65535 || len(address) > maxText || !hostPortRegexp.MatchString(address) {
		return fmt.Sprintf("must be a host and a port such as valkey.internal:6379, not %.60q", address)
	}
	return ""
}
