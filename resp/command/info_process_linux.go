package command

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// How the runtime of Go waits for the network and reads the time.
const (
	pollerName = "epoll"
	clockName  = "clock_gettime"
)

// thisProcess asks the kernel; what it does not tell stays 0.
func thisProcess() (p process) {
	var pages, resident int64
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if _, err := fmt.Sscan(string(text), &pages, &resident); err == nil {
			p.resident = resident * int64(os.Getpagesize())
		}
	}
	var system unix.Sysinfo_t
	if unix.Sysinfo(&system) == nil {
		p.systemMemory = int64(system.Totalram) * int64(system.Unit)
	}
	p.user, p.system = cpuTime(unix.RUSAGE_SELF)
	p.childUser, p.childSystem = cpuTime(unix.RUSAGE_CHILDREN)
	return p
}

func cpuTime(who int) (user, system float64) {
	var use unix.Rusage
	if unix.Getrusage(who, &use) != nil {
		return 0, 0
	}
	return seconds(use.Utime), seconds(use.Stime)
}

func seconds(t unix.Timeval) float64 { return float64(t.Nano()) / 1e9 }

func osName() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return runtime.GOOS + " " + runtime.GOARCH
	}
	return unix.ByteSliceToString(name.Sysname[:]) + " " + unix.ByteSliceToString(name.Release[:]) + " " + unix.ByteSliceToString(name.Machine[:])
}
