package resp

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// keepAliveAll has the connections that l will accept probed as Redis does: after a silence of interval, then three times within another one. They
// inherit it from the socket that listens, which saves four system calls for each.
func keepAliveAll(l net.Listener, interval time.Duration) {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	// Connections that cannot be probed are no reason to refuse them.
	_ = raw.Control(func(fd uintptr) {
		set := func(level, option, value int) { _ = unix.SetsockoptInt(int(fd), level, option, value) }
		seconds := int(interval / time.Second)
		if seconds <= 0 {
			set(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0)
			return
		}
		set(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		set(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds)
		set(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, max(seconds/3, 1))
		set(unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3)
	})
}

// keepAlive does nothing: see keepAliveAll.
func keepAlive(net.Conn, time.Duration) {}
