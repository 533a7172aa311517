package storage

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/recloser-dev/recloser/config"
)

// largestPassword bounds what is read of a file.
const largestPassword = 4 << 10

// passwordOf returns the password of a store: that of its URL, or of where its
// description says it is. No error repeats it.
func passwordOf(s config.ValkeyStore, getenv func(string) string) (config.Secret, error) {
	if !s.Password.IsZero() {
		return s.Password, nil
	}
	if path, ok := strings.CutPrefix(s.PasswordFrom, "file:"); ok {
		return passwordIn(path)
	}
	name, named := strings.CutPrefix(s.PasswordFrom, "env:")
	if !named {
		name = config.EnvStorePassword
	}
	password := getenv(name)
	if password == "" && named {
		return config.Secret{}, fmt.Errorf("the password of the store should be in the environment variable %s, which is not set", name)
	}
	return config.NewSecret(password), nil
}

// passwordIn returns the first line of a file, in which there is nothing else.
func passwordIn(path string) (config.Secret, error) {
	file, err := os.Open(path)
	if err != nil {
		return config.Secret{}, fmt.Errorf("read the password of the store: %w", err)
	}
	defer func() { _ = file.Close() }() // It was only read.
	text, err := io.ReadAll(io.LimitReader(file, largestPassword+1))
	if err != nil {
		return config.Secret{}, fmt.Errorf("read the password of the store: %w", err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" || len(text) > largestPassword || strings.ContainsAny(password, "\r\n") {
		return config.Secret{}, fmt.Errorf("read the password of the store: %s does not hold one line of 1 to %d bytes", path, largestPassword)
	}
	return config.NewSecret(password), nil
}
