//go:build unix

package locallambda_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"go.uber.org/goleak"
)

// A test starts this program again: as a function by the name of one, and as an
// extension through a link with the name of that.
const (
	functionVariable  = "LOCALLAMBDA_TEST_FUNCTION"
	extensionVariable = "LOCALLAMBDA_TEST_EXTENSION"
	wireVariable      = "LOCALLAMBDA_TEST_WIRE"
	hostVariable      = "LOCALLAMBDA_TEST_HOST"
)

func TestMain(m *testing.M) {
	if os.Getenv(hostVariable) != "" {
		host()
		return
	}
	name := os.Getenv(functionVariable)
	if name == "" {
		goleak.VerifyTestMain(m)
		return
	}
	if dir := os.Getenv(wireVariable); dir != "" {
		record(dir)
	}
	if program := filepath.Base(os.Args[0]); extensionNames[program] {
		if err := runExtension(program); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if before := initializers[name]; before != nil {
		before()
	}
	lambda.StartWithOptions(handlers[name], options[name]...)
}
