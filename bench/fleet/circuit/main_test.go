package circuit_test

import (
	"testing"

	"github.com/recloser-dev/recloser/internal/testserver"
	"go.uber.org/goleak"
)

// The servers that the tests of this package share.
var (
	dynamo = testserver.Shared{Start: testserver.DynamoDB}
	valkey = testserver.Shared{Start: testserver.Valkey}
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(dynamo.With(valkey.With(m))) }
