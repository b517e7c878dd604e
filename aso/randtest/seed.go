// Package randtest gives tests with random inputs their seeds.
package randtest

import (
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Env is the environment variable that says which seed tests use: a number, or "random" for another one in each run.
const Env = "COMET_SEED"

// Seed returns the seed of a test, and logs it. It is the same in each run unless [Env] says otherwise: an input that nobody has met yet is not the
// fault of the change that meets it, and is looked for apart from it (.ci/fuzz).
func Seed(t testing.TB) uint64 {
	t.Helper()
	seed, err := choose(os.Getenv(Env), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d (%s=%d repeats it)", seed, Env, seed)
	return seed
}

func choose(setting, name string) (uint64, error) {
	switch setting {
	case "":
		h := fnv.New64a()
		h.Write([]byte(name))
		return h.Sum64(), nil
	case "random":
		return rand.Uint64(), nil
	default:
		return strconv.ParseUint(setting, 10, 64)
	}
}
