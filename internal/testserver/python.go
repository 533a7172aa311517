package testserver

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

//go:embed python/requirements.txt
var pythonPackages []byte

// Python returns the interpreter, and the folder of the packages, that tests are
// made with: moto, a second opinion on state machines, and cfn-lint. To run one
// of them, set PYTHONPATH to the folder. It needs Python of version 3.11 or later
// with pip.
func Python(ctx context.Context) (python, packages string, err error) {
	sum := sha256.Sum256(pythonPackages)
	dir, err := install(ctx, "python-"+hex.EncodeToString(sum[:4]), func(ctx context.Context, dir string) error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
		defer cancel()
		if err := os.WriteFile(filepath.Join(dir, "requirements.txt"), pythonPackages, 0o600); err != nil {
			return err
		}
		return run(ctx, dir, "python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile",
			"--only-binary=:all:", "--target", "lib", "--requirement", "requirements.txt")
	})
	if err != nil {
		return "", "", fmt.Errorf("packages of Python: %w (they need Python >= 3.11 and pip, such as apt-get install python3-pip)", err)
	}
	if python, err = exec.LookPath("python3"); err != nil {
		return "", "", fmt.Errorf("packages of Python: %w: there is no python3", ErrAbsent)
	}
	return python, filepath.Join(dir, "lib"), nil
}
