package suite

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

func TestMain(m *testing.M) {
	if job, child := virtual.FromEnv(); child {
		virtual.Main(job, playerOf(job.Payload))
	}
	goleak.VerifyTestMain(m)
}
