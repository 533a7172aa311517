package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/config"
)

const tableARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/circuits"

func valkey(address string, change func(*config.ValkeyStore)) config.Store {
	s := &config.ValkeyStore{Address: address, Prefix: config.DefaultPrefix}
	if change != nil {
		change(s)
	}
	return config.Store{Valkey: s}
}

func TestParseStore(t *testing.T) {
	local := config.Store{DynamoDB: &config.DynamoDBStore{Table: "circuits", Region: "eu-central-1", Endpoint: "http://127.0.0.1:8000"}}
	byARN := config.Store{DynamoDB: &config.DynamoDBStore{Table: tableARN}}
	full := valkey("host:1", func(s *config.ValkeyStore) {
		s.TLS, s.User, s.Password, s.Cluster, s.Prefix = true, "me", config.NewSecret("p@ss/word"), true, "a&b:"
	})
	for text, row := range map[string]struct {
		want  config.Store
		shown string
	}{
		"memory:":                      {config.Store{Memory: &config.MemoryStore{}}, "memory:"},
		"memory://":                    {config.Store{Memory: &config.MemoryStore{}}, "memory:"},
		"dynamodb:circuits":            {config.Store{DynamoDB: &config.DynamoDBStore{Table: "circuits"}}, "dynamodb://circuits"},
		"dynamodb://circuits":          {config.Store{DynamoDB: &config.DynamoDBStore{Table: "circuits"}}, "dynamodb://circuits"},
		tableARN:                       {byARN, tableARN},
		"dynamodb:" + tableARN:         {byARN, tableARN},
		"dynamodb://" + tableARN + "?": {byARN, tableARN},
		"dynamodb://circuits?region=eu-central-1&endpoint=http://127.0.0.1:8000":       {local, "dynamodb://circuits?region=eu-central-1&endpoint=http://127.0.0.1:8000"},
		"dynamodb:circuits?endpoint=http%3A%2F%2F127.0.0.1%3A8000&region=eu-central-1": {local, "dynamodb://circuits?region=eu-central-1&endpoint=http://127.0.0.1:8000"},
		"valkey:host:6379":       {valkey("host:6379", nil), "valkey://host:6379"},
		"valkey://host":          {valkey("host:6379", nil), "valkey://host:6379"},
		"redis://host:1/":        {valkey("host:1", nil), "valkey://host:1"},
		"valkey://[2001:db8::1]": {valkey("[2001:db8::1]:6379", nil), "valkey://[2001:db8::1]:6379"},
		"rediss://host:1":        {valkey("host:1", func(s *config.ValkeyStore) { s.TLS = true }), "valkeys://host:1"},
		"redis://me@host:1/3":    {valkey("host:1", func(s *config.ValkeyStore) { s.User, s.Database = "me", 3 }), "valkey://me@host:1/3"},
		"valkey://host?prefix=":  {valkey("host:6379", func(s *config.ValkeyStore) { s.Prefix = "" }), "valkey://host:6379?prefix="},
		"redis://:secret@host:1": {valkey("host:1", func(s *config.ValkeyStore) { s.Password = config.NewSecret("secret") }), "valkey://:xxxxx@host:1"},
		"valkeys://me:p%40ss%2Fword@host:1/0?cluster=true&prefix=a%26b:": {full, "valkeys://me:xxxxx@host:1?cluster=true&prefix=a%26b:"},
	} {
		got, err := config.ParseStore(text)
		if err != nil || !reflect.DeepEqual(got, row.want) || got.String() != row.shown {
			t.Errorf("%s is %v (%+v %+v), %v", text, got, got.DynamoDB, got.Valkey, err)
		}
	}
}

// TestParseStoreErrors: one line says what to write.
func TestParseStoreErrors(t *testing.T) {
	const forms = "a store is memory:, dynamodb://<table> or valkey://<host>:<port>"
	for text, want := range map[string]string{
		"":                                     forms,
		"memory":                               forms,
		"memory:x":                             "a store in memory has no name; write memory: alone",
		"dynamo://circuits":                    `no store is called "dynamo"; did you mean "dynamodb"?`,
		"Valkey://host":                        `no store is called "Valkey"; did you mean "valkey"?`,
		"https://host":                         `no store is called "https"; ` + forms,
		"localhost:6379":                       `no store is called "localhost"; ` + forms,
		"dynamodb:":                            "the store's URL names no table; write dynamodb://recloser",
		"dynamodb://?region=x":                 "the store's URL names no table; write dynamodb://recloser",
		"dynamodb:a b":                         `must be the ARN of a table or a name of 3 to 255 letters, digits, dots, hyphens and underscores, not "a b"`,
		"dynamodb:ab":                          `must be the ARN of a table or a name of 3 to 255 letters, digits, dots, hyphens and underscores, not "ab"`,
		"dynamodb:abc?regoin=a":                `the store's URL has no option "regoin"; did you mean "region"?`,
		"dynamodb:abc?table=a":                 `the store's URL has no option "table"; there is region and endpoint`,
		"dynamodb:abc?region=a":                `must be a region such as eu-central-1, not "a"`,
		"dynamodb:abc?region=a&region=b":       "region is twice in the store's URL; keep one",
		"dynamodb:abc?endpoint=%zz":            "what follows the ? in the store's URL cannot be read; percent-encode what is special in it",
		"dynamodb:abc?endpoint=localhost:8000": `must be an absolute address such as http://localhost:8000, not "localhost:8000"`,
		"dynamodb:abc?endpoint=http://me:secret@h:1":   "must not hold credentials; a file is no place for them",
		"dynamodb:abc?endpoint=me:secret@h:1":          "must not hold credentials; a file is no place for them",
		tableARN + "?region=us-east-1":                 "is us-east-1, and the table's ARN says eu-central-1; leave the region out",
		"valkey:":                                      "the store's URL names no host; write valkey://user:password@host:6379/0, and percent-encode what is special in the password",
		"valkey:host:0":                                `must be a host and a port such as valkey.internal:6379, not "host:0"`,
		"valkey://host:65536":                          `must be a host and a port such as valkey.internal:6379, not "host:65536"`,
		"valkey://host/zero":                           `the path of the store's URL is the number of a database, not "zero"`,
		"valkey://host/-1":                             "must be from 0 to 65535, not -1",
		"valkey://host/1?cluster=true":                 "must be 0, the only one of a cluster, not 1",
		"valkey://host?cluster=yes":                    `cluster in the store's URL is true or false, not "yes"`,
		"valkey://host?tls=true":                       `the store's URL has no option "tls"; write valkeys:// for a connection secured by TLS`,
		"valkey://host?prefix={}":                      `must be at most 128 ASCII characters without spaces and braces, not "{}"`,
		"dynamodb:" + strings.Repeat("a", 256):         `must be the ARN of a table or a name of 3 to 255 letters, digits, dots, hyphens and underscores, not "` + strings.Repeat("a", 60) + `"`,
		"valkey://" + strings.Repeat("a", 2000) + ":1": `must be a host and a port such as valkey.internal:6379, not "` + strings.Repeat("a", 60) + `"`,
	} {
		_, err := config.ParseStore(text)
		if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	if _, err := config.ParseStore("dynamodb:a b"); !errors.Is(err, recloser.ErrPolicy) {
		t.Errorf("got %v", err)
	}
}

// TestStoreKeepsSecrets: neither what is read nor what cannot be read shows a
// password.
func TestStoreKeepsSecrets(t *testing.T) {
	s, err := config.ParseStore("valkey://me:hunter2@host:1")
	if err != nil || s.Valkey.Password.Reveal() != "hunter2" {
		t.Fatalf("got %v, %v", s, err)
	}
	encoded, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	f := parse(t, minimal, func(o *config.Options) { o.Environ = []string{"RECLOSER_STORE=valkey://me:hunter2@host:1"} })
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("store", "store", s, "valkey", s.Valkey, "password", s.Valkey.Password)
	for _, text := range []string{
		s.String(), string(encoded), fmt.Sprintf("%v %+v %#v", s, s, s), fmt.Sprintf("%v %+v %#v", *s.Valkey, *s.Valkey, *s.Valkey),
		fmt.Sprintf("%s %q %x %X %d", s.Valkey.Password, s.Valkey.Password, s.Valkey.Password, s.Valkey.Password, s.Valkey.Password),
		fmt.Sprint(f.Settings("")), fmt.Sprintf("%+v", f.Store.Valkey), log.String(),
	} {
		if strings.Contains(text, "hunter2") || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("shown in %s", text)
		}
	}
	for _, text := range []string{
		"valkey://me:hun#ter2@host", "valkey://me:hun/ter2@host", "valkey://me:hun?ter2@host", "valkey://me:hun%ter2@host",
		"valkey://me:hun@ter2@host:x", "valkey://me:1#hunter2@host", "valkey://me:1?hunter2@host", "valkey://me:hunter2@", "valkey://me:hunter2@host/x?y",
		"valkey:me:hunter2@host:99999", "valkye://me:hunter2@host", "me:hunter2@host:1", "hunter2@host:1", "://me:hunter2@host", "dynamodb://me:hunter2@host",
		"valkey://me:hunter2@host?user=x", "valkey://me:hun ter2@host", "valkey://me:hun\nter2@host",
	} {
		_, err := config.ParseStore(text)
		if err == nil {
			t.Errorf("%q is accepted", text)
			continue
		}
		for _, part := range []string{"hun", "ter2"} {
			if strings.Contains(err.Error(), part) {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}

// TestStoreIsReadAsItIsShown, but for its password.
func TestStoreIsReadAsItIsShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s config.Store
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			s.Memory = &config.MemoryStore{}
		case 1:
			s.DynamoDB = &config.DynamoDBStore{
				Table:    rapid.OneOf(rapid.Just(tableARN), rapid.StringMatching(`[A-Za-z0-9_.-]{3,20}`)).Draw(t, "table"),
				Region:   rapid.SampledFrom([]string{"", "eu-central-1"}).Draw(t, "region"),
				Endpoint: rapid.SampledFrom([]string{"", "http://127.0.0.1:8000", "https://h/a&b+c%20d=e@f"}).Draw(t, "endpoint"),
			}
		case 2:
			s = valkey(rapid.SampledFrom([]string{"host:1", "[::1]:65535"}).Draw(t, "address"), func(s *config.ValkeyStore) {
				s.TLS = rapid.Bool().Draw(t, "tls")
				s.User = rapid.StringMatching(`[!-~]{0,8}`).Draw(t, "user")
				s.Password = config.NewSecret(rapid.SampledFrom([]string{"", "xxxxx"}).Draw(t, "password"))
				s.Prefix = rapid.StringMatching(`[!-z|~]{0,8}`).Draw(t, "prefix")
				if s.Cluster = rapid.Bool().Draw(t, "cluster"); !s.Cluster {
					s.Database = rapid.IntRange(0, config.MaxDatabase).Draw(t, "database")
				}
			})
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		if again, err := config.ParseStore(s.String()); err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%s is read as %+v %+v, %v", s, again.DynamoDB, again.Valkey, err)
		}
	})
}
