package sandbox

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadTime returns the thread of the caller and for how long it has had a processor. A thread is never 0.
func threadTime() (thread int, used time.Duration) {
	var at unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &at) != nil {
		return 0, 0
	}
	return unix.Gettid(), time.Duration(at.Nano())
}
