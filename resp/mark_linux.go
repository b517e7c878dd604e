package resp

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// setMark marks a socket, and so those that it accepts. It needs the right to administrate the network.
func setMark(fd uintptr, mark uint32) error {
	if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK, int(int32(mark))); err != nil {
		return fmt.Errorf("socket-mark-id: %w", err)
	}
	return nil
}
