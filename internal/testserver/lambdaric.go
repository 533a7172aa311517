package testserver

import (
	"context"
	_ "embed"
	"fmt"
	"path/filepath"
	"testing"
)

//go:embed lambdaric/requirements.txt
var lambdaricPackages []byte

// PythonRuntime returns the folder with the runtime client by which AWS Lambda
// runs functions in Python, for PYTHONPATH. It needs Python of version 3.11 to
// 3.14 with pip. If it cannot be had the test is skipped, and says why; where $CI
// is set, or $RECLOSER_TEST_REQUIRE is "all", it fails.
func PythonRuntime(tb testing.TB) (dir string) {
	tb.Helper()
	dir, err := install(context.WithoutCancel(tb.Context()), "lambdaric", lambdaricPackages, func(ctx context.Context, dir string) error {
		return pip(ctx, dir, lambdaricPackages, "--require-hashes")
	})
	if err != nil {
		err = fmt.Errorf("awslambdaric: %w (it needs Python 3.11 to 3.14 and pip, such as apt-get install python3-pip)", err)
	}
	return filepath.Join(Need(tb, dir, err), "lib")
}
