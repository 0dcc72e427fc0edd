package sendertest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/hookdrill/hookdrill/scenarios/refsender"
	"github.com/hookdrill/hookdrill/scenarios/sendertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestReference is the corpus itself: the reference sender stands all of it.
func TestReference(t *testing.T) {
	sendertest.Run(t, refsender.New(refsender.Default()))
}
