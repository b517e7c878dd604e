package sandboxtest_test

import (
	"math/rand/v2"
	"testing"

	"comet/aso/sandbox"
	"comet/aso/sandbox/sandboxtest"
)

func TestMostProgramsCompile(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const tried = 500
	good := 0
	var last error
	for range tried {
		seed := make([]byte, rng.IntN(400))
		for i := range seed {
			seed[i] = byte(rng.Uint32())
		}
		source := sandboxtest.Program("random", seed)
		if again := sandboxtest.Program("random", seed); again != source {
			t.Fatal("the same seed gave two programs")
		}
		if _, err := sandbox.Compile([]byte(source), sandbox.Limits{}); err != nil {
			last = err
		} else {
			good++
		}
	}
	if good < tried*9/10 {
		t.Errorf("%d of %d programs compile; the last error: %v", good, tried, last)
	}
}
