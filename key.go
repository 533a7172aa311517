package recloser

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the largest length in bytes of the name of a circuit, and of a
// partition.
const MaxName = 128

// ErrKey is matched by the error of a name or partition that no circuit can have.
var ErrKey = errors.New("recloser: invalid circuit name")

// Key returns the key under which the record of a circuit, or of one partition
// of it, is kept: "payments", "payments/eu".
//
// A name has 1 to [MaxName] bytes of letters, digits, and "._:-". A partition
// has up to MaxName bytes of printable UTF-8, slashes included; an empty one is
// the circuit itself. The error matches [ErrKey].
func Key(name, partition string) (string, error) {
	if err := checkLength("name", name); err != nil {
		return "", err
	}
	if name == "" {
		return "", fmt.Errorf("%w: the name is empty", ErrKey)
	}
	if i := strings.IndexFunc(name, notInName); i >= 0 {
		return "", fmt.Errorf("%w: %q has a character at byte %d that is not a letter, a digit or one of ._:-", ErrKey, name, i)
	}
	if partition == "" {
		return name, nil
	}
	if err := checkLength("partition", partition); err != nil {
		return "", err
	}
	if !utf8.ValidString(partition) {
		return "", fmt.Errorf("%w: the partition %q is not UTF-8", ErrKey, partition)
	}
	if i := strings.IndexFunc(partition, notPrintable); i >= 0 {
		return "", fmt.Errorf("%w: the partition %q has an unprintable character at byte %d", ErrKey, partition, i)
	}
	return name + "/" + partition, nil
}

// SplitKey returns the name and the partition of a key, or an error that
// matches [ErrKey] if no circuit can have it.
func SplitKey(key string) (name, partition string, err error) {
	name, partition, found := strings.Cut(key, "/")
	if found && partition == "" {
		return "", "", fmt.Errorf("%w: %.160q ends after the slash; name a partition, or leave the slash out", ErrKey, key)
	}
	if _, err := Key(name, partition); err != nil {
		return "", "", err
	}
	return name, partition, nil
}

func checkLength(what, s string) error {
	if len(s) > MaxName {
		return fmt.Errorf("%w: the %s beginning %.32q has %d bytes, and may have %d", ErrKey, what, s, len(s), MaxName)
	}
	return nil
}

func notInName(r rune) bool {
	return r > unicode.MaxASCII || !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._:-", r))
}

func notPrintable(r rune) bool { return !unicode.IsPrint(r) }
