package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const storeForms = "memory:, dynamodb://<table> or valkey://<host>:<port>"

// ParseStore reads a store as RECLOSER_STORE and --store name it:
//
//	memory:
//	dynamodb://recloser?region=eu-central-1&endpoint=http://127.0.0.1:8000
//	valkey://user:password@host:6379/0?cluster=true&prefix=recloser:
//
// A table may be written dynamodb:recloser or by its ARN, too, and a server
// valkey:host:6379. With valkeys the connection is secured by TLS; redis and
// rediss are the same as valkey and valkeys. Characters that mean something in a
// URL are percent-encoded. What is left out has its default, and the port is
// then 6379.
//
// No error repeats what may be a password.
func ParseStore(text string) (Store, error) {
	kind, rest, found := strings.Cut(text, ":")
	var s Store
	var err error
	switch {
	case !found:
		return Store{}, fmt.Errorf("a store is %s", storeForms)
	case kind == "memory" && strings.TrimPrefix(rest, "//") == "":
		s.Memory = &MemoryStore{}
	case kind == "arn":
		s.DynamoDB, err = parseDynamoDB(text)
	case kind == "dynamodb":
		s.DynamoDB, err = parseDynamoDB(strings.TrimPrefix(rest, "//"))
	case slices.Contains(valkeySchemes[:], kind):
		s.Valkey, err = parseValkey(kind, strings.TrimPrefix(rest, "//"))
	default:
		return Store{}, unknownStore(kind)
	}
	if err != nil {
		return Store{}, err
	}
	return s, s.Validate()
}

// valkeySchemes are the schemes of a server's URL; those with an s at the end
// stand for TLS.
var valkeySchemes = [...]string{"valkey", "valkeys", "redis", "rediss"}

// unknownStore says what to write in place of a kind that there is not.
func unknownStore(kind string) error {
	known := append([]string{"memory", "dynamodb"}, valkeySchemes[:]...)
	if kind == "memory" {
		return errors.New("a store in memory has no name; write memory: alone")
	}
	if strings.Contains(kind, "@") {
		return fmt.Errorf("the store's URL does not begin with a kind; a store is %s", storeForms)
	}
	if best, near := Closest(kind, known); near {
		return fmt.Errorf("no store is called %q; did you mean %q?", shown(kind), best)
	}
	return fmt.Errorf("no store is called %q; a store is %s", shown(kind), storeForms)
}

func parseDynamoDB(rest string) (*DynamoDBStore, error) {
	table, query, _ := strings.Cut(rest, "?")
	if table == "" {
		return nil, fmt.Errorf("the store's URL names no table; write dynamodb://%s", DefaultTable)
	}
	if strings.Contains(table, "@") { // What stands before it may be a password.
		return nil, errors.New("the store's URL holds a user, which DynamoDB does not have; write dynamodb://" + DefaultTable + ", and put credentials into the environment")
	}
	options, err := optionsOf(query, "region", "endpoint")
	if err != nil {
		return nil, err
	}
	return &DynamoDBStore{Table: table, Region: options["region"], Endpoint: options["endpoint"]}, nil
}

func parseValkey(scheme, rest string) (*ValkeyStore, error) {
	const form = "write valkey://user:password@host:6379/0, and percent-encode what is special in the password"
	unreadable := errors.New("the store's URL cannot be read; " + form)
	// A password with a / ? or # of its own would end up in what follows the host.
	if at, end := strings.LastIndexByte(rest, '@'), strings.IndexAny(rest, "/?#"); end >= 0 && at > end {
		return nil, unreadable
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil || u.Fragment != "" {
		return nil, unreadable // What url.Parse says repeats it.
	}
	if u.Hostname() == "" {
		return nil, errors.New("the store's URL names no host; " + form)
	}
	s := &ValkeyStore{Address: u.Host, TLS: strings.HasSuffix(scheme, "s") && scheme != "redis", User: u.User.Username(), Prefix: DefaultPrefix}
	if u.Port() == "" {
		s.Address = net.JoinHostPort(u.Hostname(), "6379")
	}
	password, _ := u.User.Password()
	s.Password = NewSecret(password)
	if path := strings.TrimPrefix(u.Path, "/"); path != "" {
		if s.Database, err = strconv.Atoi(path); err != nil {
			return nil, fmt.Errorf("the path of the store's URL is the number of a database, not %.20q", path)
		}
	}
	options, err := optionsOf(u.RawQuery, "cluster", "prefix")
	if err != nil {
		return nil, err
	}
	if prefix, ok := options["prefix"]; ok {
		s.Prefix = prefix
	}
	switch options["cluster"] {
	case "":
	case "true", "false":
		s.Cluster = options["cluster"] == "true"
	default:
		return nil, fmt.Errorf("cluster in the store's URL is true or false, not %.20q", options["cluster"])
	}
	return s, nil
}

// optionsOf reads what follows the question mark of a store's URL.
func optionsOf(query string, known ...string) (map[string]string, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("what follows the ? in the store's URL cannot be read; percent-encode what is special in it")
	}
	options := make(map[string]string, len(values))
	for name, all := range values {
		if !slices.Contains(known, name) {
			return nil, unknownOption(name, known)
		}
		if len(all) > 1 {
			return nil, fmt.Errorf("%s is twice in the store's URL; keep one", name)
		}
		options[name] = all[0]
	}
	return options, nil
}

func unknownOption(name string, known []string) error {
	if name == "tls" {
		return errors.New("the store's URL has no option \"tls\"; write valkeys:// for a connection secured by TLS")
	}
	if best, near := Closest(name, known); near {
		return fmt.Errorf("the store's URL has no option %q; did you mean %q?", shown(name), best)
	}
	return fmt.Errorf("the store's URL has no option %q; there is %s", shown(name), strings.Join(known, " and "))
}

// String returns s as [ParseStore] reads it, but for a password, in whose place
// xxxxx stands.
func (s Store) String() string {
	switch {
	case s.Memory != nil:
		return "memory:"
	case s.DynamoDB != nil:
		return s.DynamoDB.url()
	case s.Valkey != nil:
		return s.Valkey.url()
	}
	return ""
}

func (s *DynamoDBStore) url() string {
	text := "dynamodb://" + s.Table
	if s.arnRegion() != "" {
		text = s.Table
	}
	var options []string
	if s.Region != "" {
		options = append(options, "region="+escapeQuery(s.Region))
	}
	if s.Endpoint != "" {
		options = append(options, "endpoint="+escapeQuery(s.Endpoint))
	}
	return text + queryOf(options)
}

func (s *ValkeyStore) url() string {
	u := url.URL{Scheme: "valkey", Host: s.Address}
	if s.TLS {
		u.Scheme = "valkeys"
	}
	switch {
	case !s.Password.IsZero():
		u.User = url.UserPassword(s.User, s.Password.String())
	case s.User != "":
		u.User = url.User(s.User)
	}
	text := u.String()
	if s.Database != 0 {
		text += "/" + strconv.Itoa(s.Database)
	}
	var options []string
	if s.Cluster {
		options = append(options, "cluster=true")
	}
	if s.Prefix != DefaultPrefix {
		options = append(options, "prefix="+escapeQuery(s.Prefix))
	}
	return text + queryOf(options)
}

// queryOf returns options as the query of a URL.
func queryOf(options []string) string {
	if len(options) == 0 {
		return ""
	}
	return "?" + strings.Join(options, "&")
}

// escapeQuery leaves colons and slashes as people write them.
func escapeQuery(value string) string {
	return strings.NewReplacer("%3A", ":", "%2F", "/").Replace(url.QueryEscape(value))
}
