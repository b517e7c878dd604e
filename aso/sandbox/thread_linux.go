package sandbox

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadTime returns the thread of the caller and for how long it has had a processor. A thread is never 0: that says that the caller came to
// another thread meanwhile.
func threadTime() (thread int, used time.Duration) {
	var at unix.Timespec
	thread = unix.Gettid()
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &at) != nil || unix.Gettid() != thread {
		return 0, 0
	}
	return thread, time.Duration(at.Nano())
}
