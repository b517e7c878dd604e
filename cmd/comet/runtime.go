package main

import (
	"math"
	"runtime/debug"

	"comet/resp/command"
)

// followRuntime gives the garbage collector the parameters that are for it.
func followRuntime(config *command.Config) {
	apply := func() error {
		debug.SetGCPercent(int(config.GOGC.Load()))
		limit := config.GOMemLimit.Load()
		if limit == 0 {
			limit = math.MaxInt64
		}
		debug.SetMemoryLimit(limit)
		return nil
	}
	config.OnChange(command.ConcernProcess, apply)
	_ = apply() // it never fails
}
