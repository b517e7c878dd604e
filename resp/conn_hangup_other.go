//go:build unix && !linux

package resp

import "golang.org/x/sys/unix"

// hungUp reports whether the peer has closed its side. Here it is noticed only
// when nothing that was sent before is unread.
func hungUp(fd int) bool {
	var b [1]byte
	for {
		n, _, err := unix.Recvfrom(fd, b[:], unix.MSG_PEEK)
		switch err {
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return false
		}
		return err != nil || n == 0
	}
}
