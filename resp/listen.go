package resp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// Endpoint is an address to listen on.
type Endpoint struct {
	Network string      // "tcp" or "unix"
	Address string      // "host:port", or a path
	Mode    fs.FileMode // unixsocketperm; 0 leaves it to the umask
	Secure  *Credentials
	// Optional makes it no error when the host does not have the address, as the
	// "-" before an address in bind does.
	Optional bool
	// Backlog bounds the connections that nobody has accepted yet; 0 is the most that the system allows, which bounds other values, too.
	Backlog int
	Mark    uint32 // of the socket and its connections, for the filters of the system; 0 is none
}

// listener is an open endpoint.
type listener struct {
	net.Listener
	at Endpoint
}

// Listen starts to accept connections at an endpoint and returns its address, or
// nil when an optional one is not there.
func (s *Server) Listen(e Endpoint) (net.Addr, error) {
	l, err := open(e)
	if e.Optional && (errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s %q: %w", e.Network, e.Address, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = l.Close()
		return nil, fmt.Errorf("listen on %s %q: %w", e.Network, e.Address, net.ErrClosed)
	}
	s.startLoopLocked()
	keepAliveAll(l, s.settings.Load().KeepAlive)
	s.listeners = append(s.listeners, listener{l, e})
	s.running.Add(1)
	go s.accept(l, e.Secure)
	return l.Addr(), nil
}

func open(e Endpoint) (net.Listener, error) {
	if e.Network == "unix" {
		if err := removeStaleSocket(e.Address); err != nil {
			return nil, err
		}
	}
	config := net.ListenConfig{KeepAlive: -1} // we set it ourselves
	config.SetMultipathTCP(false)             // costs time on each read and write
	if e.Mark != 0 && e.Network != "unix" {
		config.Control = func(_, _ string, raw syscall.RawConn) error {
			var failed error
			err := raw.Control(func(fd uintptr) { failed = setMark(fd, e.Mark) })
			return errors.Join(err, failed)
		}
	}
	l, err := config.Listen(context.Background(), e.Network, e.Address)
	if err != nil {
		return nil, err
	}
	if e.Backlog > 0 {
		if err := setBacklog(l, e.Backlog); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	if e.Network == "unix" && e.Mode != 0 {
		if err := os.Chmod(e.Address, e.Mode); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

// setBacklog listens once more on a socket that listens, which changes nothing else.
func setBacklog(l net.Listener, backlog int) error {
	raw, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = syscall.Listen(int(fd), backlog) })
	return errors.Join(err, os.NewSyscallError("listen", failed))
}

// removeStaleSocket removes what an earlier process left, and nothing but a socket.
func removeStaleSocket(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && info.Mode().Type() != fs.ModeSocket) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Remove(path)
}

// isLocal reports whether the client is on this host, by its address.
func isLocal(nc net.Conn) bool {
	tcp, ok := nc.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return true
	}
	addr, ok := netip.AddrFromSlice(tcp.IP)
	return ok && addr.Unmap().IsLoopback()
}
