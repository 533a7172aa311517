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
	// table's ARN, or else that of the environment.
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
	// TLS is whether the connection is secured by TLS. Defaults to false.
	TLS bool `json:"tls"`
	// User is the name of the user. Defaults to "", which is the server's
	// default user.
	User string `json:"user"`
	// PasswordFrom is where the password is: env:NAME for an environment
	// variable, file:PATH for a file that holds it and nothing else. It is
	// never the password itself. Defaults to "", which is the variable
	// RECLOSER_STORE_PASSWORD, or none if that is not set.
	PasswordFrom string `json:"password_from"`
	// Database is the number of the database; a cluster has only 0. Defaults to
	// 0.
	Database int `json:"database"`
	// Cluster is whether the server is one of a cluster, whose others are asked
	// where it sends us. Defaults to false.
	Cluster bool `json:"cluster"`
	// Prefix is what the names of the keys on the server begin with. Defaults to
	// recloser:.
	Prefix string `json:"prefix"`

	// Password is the password where a URL has one, which stands above
	// PasswordFrom. No file has it, and nothing shows it. Defaults to none.
	Password Secret `json:"-"`
}

const (
	// DefaultTable is the name of the DynamoDB table if none is given.
	DefaultTable = "recloser"
	// DefaultPrefix is what the names of keys on Valkey begin with if nothing
	// else is given.
	DefaultPrefix = "recloser:"
	// MaxDatabase is the largest number of a database on Valkey.
	MaxDatabase = 65_535
)

func (s *DynamoDBStore) setDefaults() { s.Table = DefaultTable }

func (s *ValkeyStore) setDefaults() { s.Prefix = DefaultPrefix }

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
	if s.DynamoDB != nil {
		s.DynamoDB.validate(&all)
	}
	if s.Valkey != nil {
		s.Valkey.validate(&all)
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

func (s *DynamoDBStore) validate(all *fieldErrors) {
	name := s.Table[strings.LastIndexByte(s.Table, '/')+1:]
	if len(name) < 3 || len(name) > 255 || len(s.Table) > maxText || !tableRegexp.MatchString(s.Table) {
		all.add("store.dynamodb.table", fmt.Sprintf("must be the ARN of a table or a name of 3 to 255 letters, digits, dots, hyphens and underscores, not %.60q", s.Table))
	}
	switch of := s.arnRegion(); {
	case len(s.Region) > maxText, !regionRegexp.MatchString(s.Region):
		all.add("store.dynamodb.region", fmt.Sprintf("must be a region such as eu-central-1, not %.60q", s.Region))
	case s.Region != "" && of != "" && s.Region != of:
		all.add("store.dynamodb.region", fmt.Sprintf("is %s, and the table's ARN says %.60s; leave the region out", s.Region, of))
	}
	if s.Endpoint != "" {
		all.add("store.dynamodb.endpoint", addressProblem(s.Endpoint, "http://localhost:8000"))
	}
}

// arnRegion returns the region of a table that is named by its ARN.
func (s *DynamoDBStore) arnRegion() string {
	if parts := strings.Split(s.Table, ":"); len(parts) == 6 {
		return parts[3]
	}
	return ""
}

// RegionOrARN returns the region of the table if it is known without the
// environment: Region, or that of the ARN; else "".
func (s *DynamoDBStore) RegionOrARN() string {
	if s.Region != "" {
		return s.Region
	}
	return s.arnRegion()
}

func (s *ValkeyStore) validate(all *fieldErrors) {
	all.add("store.valkey.address", hostPortProblem(s.Address))
	if len(s.User) > maxText || !nameRegexp.MatchString(s.User) {
		all.add("store.valkey.user", fmt.Sprintf("must be at most %d ASCII characters without spaces, not %.60q", maxText, s.User))
	}
	if len(s.PasswordFrom) > maxText || !passwordRegexp.MatchString(s.PasswordFrom) {
		// What stands there may be a password.
		all.add("store.valkey.password_from", "must be env:NAME or file:PATH, never the password itself")
	}
	if s.Database < 0 || s.Database > MaxDatabase {
		all.add("store.valkey.database", fmt.Sprintf("must be from 0 to %d, not %d", MaxDatabase, s.Database))
	} else if s.Cluster && s.Database != 0 {
		all.add("store.valkey.database", fmt.Sprintf("must be 0, the only one of a cluster, not %d", s.Database))
	}
	if len(s.Prefix) > maxPrefix || !prefixRegexp.MatchString(s.Prefix) {
		all.add("store.valkey.prefix", fmt.Sprintf("must be at most %d ASCII characters without spaces and braces, not %.60q", maxPrefix, s.Prefix))
	}
}

const (
	tablePattern    = `^(arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]+:table/)?[A-Za-z0-9_.-]+$`
	regionPattern   = `^([a-z]+(-[a-z]+)+-[0-9]+)?$`
	hostPortPattern = `^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]+$`
	passwordPattern = `^((env:[A-Za-z_][A-Za-z0-9_]*)|(file:.+))?$`
	prefixPattern   = `^[!-z|~]*$`
	maxPrefix       = 128
)

var (
	tableRegexp    = regexp.MustCompile(tablePattern)
	regionRegexp   = regexp.MustCompile(regionPattern)
	hostPortRegexp = regexp.MustCompile(hostPortPattern)
	passwordRegexp = regexp.MustCompile(passwordPattern)
	prefixRegexp   = regexp.MustCompile(prefixPattern)
)

func hostPortProblem(address string) string {
	_, port, err := net.SplitHostPort(address)
	number, _ := strconv.Atoi(port)
	switch {
	case address == "":
		return "is missing; write a host and a port such as valkey.internal:6379"
	case strings.Contains(address, "@"):
		return "must be a host and a port alone; a user is named by user, and a password by password_from"
	case err != nil || number < 1 || number > 65535 || len(address) > maxText || !hostPortRegexp.MatchString(address):
		return fmt.Sprintf("must be a host and a port such as valkey.internal:6379, not %.60q", address)
	}
	return ""
}
