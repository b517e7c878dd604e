package main

import (
	"math"
	"runtime"
	"runtime/debug"

	"comet/resp/command"
)

// followRuntime binds the process to processors, and gives the scheduler and the garbage collector the parameters that are for them.
func followRuntime(config *command.Config) error {
	processors := runtime.GOMAXPROCS(0)
	if cpus := config.Processors(); len(cpus) > 0 {
		if err := bindTo(cpus); err != nil {
			return err
		}
		processors = min(processors, len(cpus))
	}
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
	return apply()
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
