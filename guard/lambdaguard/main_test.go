package lambdaguard_test

import (
	"os"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"go.uber.org/goleak"
)

// A test that needs the runtime client of Lambda, which never returns, starts
// this program again with the name of a function.
const functionVariable = "LAMBDAGUARD_TEST_FUNCTION"

func TestMain(m *testing.M) {
	if name := os.Getenv(functionVariable); name != "" {
		lambda.StartWithOptions(functions[name]())
		return
	}
	goleak.VerifyTestMain(m)
}
