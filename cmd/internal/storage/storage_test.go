package storage_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// keeps writes a record and reads it again.
func keeps(t *testing.T, s recloser.Store) {
	t.Helper()
	if _, err := s.Apply(t.Context(), "payments", recloser.Watch{At: 1, Share: 1}); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Load(t.Context(), "payments"); err != nil || r.WatchSince != 1 {
		t.Fatalf("got %+v, %v", r, err)
	}
}

func TestOpenMemory(t *testing.T) {
	opened, err := open(t, "memory:")
	if err != nil || opened.Name != "memory:" || opened.Local() {
		t.Fatalf("got %+v, %v", opened, err)
	}
	keeps(t, opened.Store)
}

func TestOpenDynamoDB(t *testing.T) {
	endpoint := dynamo.URL(t)
	for name, value := range map[string]string{"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"} {
		t.Setenv(name, value)
	}
	const arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/storage"
	for _, url := range []string{"dynamodb://storage?region=eu-west-1&endpoint=" + endpoint, arn + "?endpoint=" + endpoint} {
		opened, err := open(t, url)
		if err != nil {
			t.Fatal(err)
		}
		if opened.Name != url || !opened.Local() || opened.Client.Options().Region != "eu-west-1" {
			t.Errorf("got %+v in %s", opened, opened.Client.Options().Region)
		}
		if err := dynamostore.Create(t.Context(), opened.Client, "storage"); err != nil {
			t.Fatal(err)
		}
		if _, ok := opened.Store.(recloser.Lister); !ok {
			t.Error("it cannot be listed")
		}
	}
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
	opened, err := open(t, "dynamodb://storage")
	if err != nil {
		t.Fatal(err)
	}
	if want := "dynamodb://storage?region=eu-west-1&endpoint=" + endpoint; opened.Name != want {
		t.Errorf("it is called %s, want %s", opened.Name, want)
	}
	keeps(t, opened.Store)
}

func TestOpenValkey(t *testing.T) {
	address := start(t, "--requirepass", "hunter2")
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	described := func(from, prefix string) config.Store {
		return config.Store{Valkey: &config.ValkeyStore{Address: address, PasswordFrom: from, Prefix: prefix, Database: 3}}
	}
	for name, row := range map[string]struct {
		store   config.Store
		environ string
	}{
		"by the URL":            {parsed(t, "valkey://default:hunter2@"+address+"/3?prefix=a:"), "RECLOSER_STORE_PASSWORD=wrong"},
		"by the usual variable": {described("", "b:"), "RECLOSER_STORE_PASSWORD=hunter2"},
		"by a variable":         {described("env:SECRET", "c:"), "SECRET=hunter2"},
		"by a file":             {described("file:"+file, "d:"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			opened, err := openStore(t, row.store, row.environ)
			if err != nil {
				t.Fatal(err)
			}
			keeps(t, opened.Store)
			if strings.Contains(opened.Name, "hunter2") {
				t.Errorf("it is called %s", opened.Name)
			}
		})
	}
}

// TestPasswordsThatAreNot: what is missing is said, and nothing of what is there.
func TestPasswordsThatAreNot(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for from, want := range map[string]string{
		"env:SECRET":                    "environment variable SECRET, which is not set",
		"file:" + dir + "/none":         "no such file",
		"file:" + dir:                   "is a directory",
		"file:" + write("empty", "\n"):  "does not hold one line",
		"file:" + write("two", "a\nb"):  "does not hold one line",
		"file:" + write("long", long()): "does not hold one line",
	} {
		_, err := openStore(t, config.Store{Valkey: &config.ValkeyStore{Address: "127.0.0.1:1", PasswordFrom: from}})
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 {
			t.Errorf("%s: %v", from, err)
		}
	}
}

func long() string { return strings.Repeat("x", 5000) }

func parsed(t *testing.T, url string) config.Store {
	t.Helper()
	s, err := config.ParseStore(url)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLoopback(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"http://localhost:8000": true, "http://127.0.0.1:8000": true, "http://127.9.9.9": true, "http://[::1]:8000": true,
		"https://dynamodb.eu-central-1.amazonaws.com": false, "http://localhost.evil.example": false, "http://10.0.0.1:8000": false, "": false, "%": false,
	} {
		if got := storage.Loopback(endpoint); got != want {
			t.Errorf("%s: %t", endpoint, got)
		}
	}
}
