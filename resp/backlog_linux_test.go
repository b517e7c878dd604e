package resp

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func TestBacklog(t *testing.T) {
	for _, backlog := range []int{1, 7} {
		l, err := open(Endpoint{Network: "tcp", Address: "127.0.0.1:0", Backlog: backlog})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		raw, err := l.(*net.TCPListener).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var info *unix.TCPInfo
		if ctlErr := raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) }); ctlErr != nil || err != nil {
			t.Fatal(ctlErr, err)
		}
		if info.Sacked != uint32(backlog) { // of a socket that listens
			t.Errorf("backlog is %d, want %d", info.Sacked, backlog)
		}
	}
}
