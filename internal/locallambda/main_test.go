//go:build unix

package locallambda_test

import (
	"os"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"go.uber.org/goleak"
)

// A test starts this program again as a function, by the name of one.
const functionVariable = "LOCALLAMBDA_TEST_FUNCTION"

func TestMain(m *testing.M) {
	if name := os.Getenv(functionVariable); name != "" {
		if before := initializers[name]; before != nil {
			before()
		}
		lambda.StartWithOptions(handlers[name])
		return
	}
	goleak.VerifyTestMain(m)
}
