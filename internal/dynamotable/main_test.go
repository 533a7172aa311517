package dynamotable_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/internal/testserver"
)

var dynamo = testserver.Shared{Start: testserver.DynamoDB}

func TestMain(m *testing.M) { goleak.VerifyTestMain(dynamo.With(m)) }
