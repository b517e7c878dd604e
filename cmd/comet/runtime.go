package main

import (
	"math"
	"runtime"
	"runtime/debug"

	"comet/resp/command"
)

// followRuntime gives the scheduler and the garbage collector the parameters that are for them.
func followRuntime(config *command.Config) {
	processors := runtime.GOMAXPROCS(0)
	apply := func() error {
		debug.SetGCPercent(int(config.GOGC.Load()))
		limit := config.GOMemLimit.Load()
		if limit == 0 {
			limit = math.MaxInt64
		}
		debug.SetMemoryLimit(limit)
		setProcessors(int(config.MaxProcs.Load()), processors)
		return nil
	}
	config.OnChange(command.ConcernProcess, apply)
	_ = apply() // it never fails
}

// setProcessors lets n processors run Go code, all but one of those available if n is 0. A server that takes all competes with the
// kernel's network, and with clients on the same machine, while it holds locks: the 99th percentile of latency rises to the time slice of the
// kernel's scheduler.
func setProcessors(n, available int) {
	if n == 0 {
		n = max(available-1, 1)
	}
	if n != runtime.GOMAXPROCS(0) { // changing it stops the world
		runtime.GOMAXPROCS(n)
	}
}
