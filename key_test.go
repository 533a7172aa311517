package recloser_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/recloser-dev/recloser"
)

func TestKey(t *testing.T) {
	long := strings.Repeat("n", recloser.MaxName)
	for _, row := range []struct{ name, partition, key string }{
		{"payments", "", "payments"},
		{"payments", "eu", "payments/eu"},
		{"Az09._:-", "", "Az09._:-"},
		{".", "..", "./.."},
		{"a", "b/c", "a/b/c"},
		{"a", "/", "a//"},
		{"a", "tenant 7 (EU) 漢字", "a/tenant 7 (EU) 漢字"},
		{long, "", long},
		{long, strings.Repeat("é", recloser.MaxName/2), long + "/" + strings.Repeat("é", recloser.MaxName/2)},
	} {
		key, err := recloser.Key(row.name, row.partition)
		if err != nil || key != row.key {
			t.Errorf("Key(%q, %q) = %q, %v; want %q", row.name, row.partition, key, err, row.key)
		}
		name, partition, err := recloser.SplitKey(row.key)
		if err != nil || name != row.name || partition != row.partition {
			t.Errorf("SplitKey(%q) = %q, %q, %v; want %q, %q", row.key, name, partition, err, row.name, row.partition)
		}
	}
}

func TestKeyIsRefused(t *testing.T) {
	tooLong := strings.Repeat("n", recloser.MaxName+1)
	for _, row := range []struct{ name, partition, problem string }{
		{"", "", "the name is empty"},
		{"", "eu", "the name is empty"},
		{"pay ments", "", "character at byte 3"},
		{"a/b", "", "character at byte 1"},
		{"naïve", "", "character at byte 2"},
		{"a\x00", "", "character at byte 1"},
		{"a\xff", "", "character at byte 1"},
		{"a*", "", "character at byte 1"},
		{tooLong, "", "has 129 bytes, and may have 128"},
		{"a", tooLong, "has 129 bytes, and may have 128"},
		{"a", "\xff", "is not UTF-8"},
		{"a", "b\n", "unprintable character at byte 1"},
		{"a", "b\u00a0", "unprintable character at byte 1"},
		{"a", "\u200d", "unprintable character at byte 0"},
		{"a", "\u202e", "unprintable character at byte 0"},
		{strings.Repeat("n", 1<<20), "", "has 1048576 bytes"},
	} {
		key, err := recloser.Key(row.name, row.partition)
		if key != "" || !errors.Is(err, recloser.ErrKey) || !strings.Contains(err.Error(), row.problem) || len(err.Error()) > 300 {
			t.Errorf("Key(%.20q, %.20q) = %.20q, %v; want an error that says %q", row.name, row.partition, key, err, row.problem)
		}
	}
	for _, key := range []string{"", "/", "/eu", "a/", "a b", "a/\n"} {
		if name, partition, err := recloser.SplitKey(key); !errors.Is(err, recloser.ErrKey) || name != "" || partition != "" {
			t.Errorf("SplitKey(%q) = %q, %q, %v; want an error", key, name, partition, err)
		}
	}
}

// FuzzKey: a key is refused, or names exactly the circuit it was made of, and can
// be shown to people and stores.
func FuzzKey(f *testing.F) {
	f.Add("payments", "eu/1")
	f.Add("a", "/")
	f.Add("", "x")
	f.Add("a/b", "")
	f.Add("\xff", "\xff")
	f.Fuzz(func(t *testing.T, name, partition string) {
		key, err := recloser.Key(name, partition)
		if err != nil {
			if !errors.Is(err, recloser.ErrKey) || key != "" {
				t.Errorf("Key(%q, %q) = %q, %v", name, partition, key, err)
			}
		} else {
			gotName, gotPartition, err := recloser.SplitKey(key)
			if err != nil || gotName != name || gotPartition != partition {
				t.Errorf("Key(%q, %q) = %q, which is split into %q and %q, %v", name, partition, key, gotName, gotPartition, err)
			}
			if len(key) > 2*recloser.MaxName+1 || !utf8.ValidString(key) || strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("Key(%q, %q) = %q", name, partition, key)
			}
		}
		if first, rest, err := recloser.SplitKey(name); err == nil {
			if again, err := recloser.Key(first, rest); err != nil || again != name {
				t.Errorf("SplitKey(%q) = %q, %q, whose key is %q, %v", name, first, rest, again, err)
			}
		}
	})
}
