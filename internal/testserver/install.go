package testserver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// installLimit is how long it may take to fetch what fills a folder.
const installLimit = 10 * time.Minute

// install fills a folder of the given name once, and returns its path. What
// fills it is listed in wanted: of another list there is another folder. What is
// not complete is never seen under its name.
func install(ctx context.Context, name string, wanted []byte, fill func(ctx context.Context, dir string) error) (string, error) {
	root, err := checkout()
	if err != nil {
		return "", err
	}
	tools := filepath.Join(root, ".bin")
	sum := sha256.Sum256(wanted)
	name += "-" + hex.EncodeToString(sum[:4])
	dir := filepath.Join(tools, name)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(tools, 0o755); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(tools, name+".part-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh) //nolint:errcheck // It is gone if all went well.
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	if err := fill(ctx, fresh); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, dir); err != nil {
		if _, beaten := os.Stat(dir); beaten != nil {
			return "", err
		}
	}
	return dir, nil
}

// write writes files into a folder.
func write(dir string, files map[string][]byte) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// checkout returns the folder of the whole project: the outermost one that is a
// module.
func checkout() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	root := ""
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			root = dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if root == "" {
		return "", errors.New("testserver: the tests do not run in a module")
	}
	return root, nil
}

// run runs a tool to its end.
func run(ctx context.Context, dir, name string, args ...string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return fmt.Errorf("%w: there is no %s", ErrAbsent, name)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s: %w: %.500s", ErrAbsent, name, err, bytes.TrimSpace(out))
	}
	return nil
}
