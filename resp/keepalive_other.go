//go:build unix && !linux

package resp

import (
	"net"
	"time"
)

// keepAliveAll does nothing: see keepAlive.
func keepAliveAll(net.Listener, time.Duration) {}

// keepAlive has a connection probed as Redis does: after a silence of interval, then three times within another one.
func keepAlive(nc net.Conn, interval time.Duration) {
	tcp, ok := nc.(*net.TCPConn)
	if !ok || interval <= 0 {
		return
	}
	// A connection that cannot be probed is no reason to refuse it.
	_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable: true, Idle: interval, Interval: max(interval/3, time.Second), Count: 3,
	})
}
