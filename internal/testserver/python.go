package testserver

import (
	"context"
	_ "embed"
	"fmt"
	"os/exec"
	"path/filepath"
)

//go:embed python/requirements.txt
var pythonPackages []byte

// Python returns the interpreter, and the folder of the packages, that tests are
// made with: moto, a second opinion on state machines, and cfn-lint. To run one
// of them, set PYTHONPATH to the folder. It needs Python of version 3.11 or later
// with pip.
func Python(ctx context.Context) (python, packages string, err error) {
	dir, err := install(ctx, "python", pythonPackages, func(ctx context.Context, dir string) error {
		return pip(ctx, dir, pythonPackages)
	})
	if err != nil {
		return "", "", fmt.Errorf("packages of Python: %w (they need Python >= 3.11 and pip, such as apt-get install python3-pip)", err)
	}
	if python, err = exec.LookPath("python3"); err != nil {
		return "", "", fmt.Errorf("packages of Python: %w: there is no python3", ErrAbsent)
	}
	return python, filepath.Join(dir, "lib"), nil
}
