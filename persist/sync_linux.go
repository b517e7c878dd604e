package persist

import (
	"os"
	"syscall"
)

// datasync is fdatasync: bytes and length, not the timestamps. As Redis.
func datasync(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
