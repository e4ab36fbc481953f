package knowledge

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// Bleve starts its analysis workers with the program, before any index.
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}
