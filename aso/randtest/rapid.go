package randtest

import (
	"flag"
	"os"
	"strconv"

	_ "pgregory.net/rapid" // it has its flags by now
)

// init gives the properties that rapid checks the seed that the environment says; -rapid.seed on the command line overrides it.
func init() {
	if seed, err := choose(os.Getenv(Env), "rapid"); err == nil { // else Seed says what is wrong
		_ = flag.Set("rapid.seed", strconv.FormatUint(seed, 10)) // the flag is there
	}
}
