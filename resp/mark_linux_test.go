package resp

import (
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSocketsAreMarked(t *testing.T) {
	l, err := open(Endpoint{Network: "tcp", Address: "127.0.0.1:0", Mark: 0x80000007})
	if errors.Is(err, unix.EPERM) {
		t.Skip("no right to mark sockets")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	raw, err := nc.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var mark int
	if ctlErr := raw.Control(func(fd uintptr) { mark, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK) }); ctlErr != nil || err != nil {
		t.Fatal(ctlErr, err)
	}
	if uint32(mark) != 0x80000007 {
		t.Errorf("mark is %#x", uint32(mark))
	}
}
