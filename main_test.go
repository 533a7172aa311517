package recloser_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files from what the code does; read the diff before you commit it")

// TestMain fails if a test leaves a goroutine behind: Lambda freezes whatever
// runs in the background, so the library must not.
func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m)
}
