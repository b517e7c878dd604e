package resp

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Connections are probed as the settings say that are in force when they come.
func TestKeepAliveOfNewConnections(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), func(s *Settings) { s.KeepAlive = 300 * time.Second })
	for i, test := range []struct {
		interval time.Duration
		want     string
	}{{300 * time.Second, "1 300 100 3"}, {0, "0"}, {2 * time.Second, "1 2 1 3"}} {
		settings := s.Settings()
		settings.KeepAlive = test.interval
		s.Configure(settings)
		c := dial(t, addr)
		c.send("PING\r\n")
		c.expect("+PONG\r\n")
		if got := keepAliveOf(t, s.Conn(uint64(i+1))); got != test.want {
			t.Errorf("with tcp-keepalive %v: %s, want %s", test.interval, got, test.want)
		}
	}
}

// keepAliveOf returns whether c is probed, after how many seconds, how many seconds apart, and how often.
func keepAliveOf(t *testing.T, c *Conn) (all string) {
	err := c.raw.Control(func(fd uintptr) {
		get := func(level, option int) int {
			value, err := unix.GetsockoptInt(int(fd), level, option)
			if err != nil {
				t.Error(err)
			}
			return value
		}
		if all = fmt.Sprint(get(unix.SOL_SOCKET, unix.SO_KEEPALIVE)); all == "1" {
			all = fmt.Sprint(all, " ", get(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE), " ", get(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL), " ",
				get(unix.IPPROTO_TCP, unix.TCP_KEEPCNT))
		}
	})
	if err != nil {
		t.Error(err)
	}
	return all
}
