package environment_test

import (
	"context"
	"os"
	"testing"

	"github.com/recloser-dev/recloser/internal/testserver"
	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/bench/fleet/environment"
)

var valkey = testserver.Shared{Start: testserver.Valkey}

// servesVariable has the program of the tests hold environments, as the command
// does.
const servesVariable = "FLEET_TEST_SERVES"

func TestMain(m *testing.M) {
	if os.Getenv(servesVariable) != "" {
		if err := environment.Serve(context.Background(), os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(valkey.With(m))
}
