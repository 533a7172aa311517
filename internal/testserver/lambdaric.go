package testserver

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

//go:embed lambdaric/requirements.txt
var lambdaricPackages []byte

// PythonRuntime returns the folder with the runtime client by which AWS Lambda
// runs functions in Python, for PYTHONPATH. It needs Python of version 3.11 to
// 3.14 with pip. If it cannot be had the test is skipped, and says why; where $CI
// is set, or $RECLOSER_TEST_REQUIRE is "all", it fails.
func PythonRuntime(tb testing.TB) (dir string) {
	tb.Helper()
	sum := sha256.Sum256(lambdaricPackages)
	dir, err := install(context.WithoutCancel(tb.Context()), "lambdaric-"+hex.EncodeToString(sum[:4]), fetchLambdaric)
	switch {
	case err == nil:
		return filepath.Join(dir, "lib")
	case errors.Is(err, ErrAbsent) && !required():
		tb.Skip(err)
	}
	tb.Fatal(err)
	return ""
}

func fetchLambdaric(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := os.WriteFile(filepath.Join(dir, "requirements.txt"), lambdaricPackages, 0o600); err != nil {
		return err
	}
	if err := run(ctx, dir, "python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile",
		"--only-binary=:all:", "--require-hashes", "--target", "lib", "--requirement", "requirements.txt"); err != nil {
		return fmt.Errorf("awslambdaric: %w (it needs Python 3.11 to 3.14 and pip, such as apt-get install python3-pip)", err)
	}
	return nil
}
