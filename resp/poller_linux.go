package resp

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// poller waits for the clients of connections that doze. It is an epoll instance of its own, in that of the runtime like a socket, so
// waiting takes one goroutine and no thread.
type poller struct {
	server  *Server
	epoll   int      // the descriptor, open until close
	file    *os.File // the same, for waiting
	raw     syscall.RawConn
	running sync.WaitGroup
}

func newPoller(s *Server) (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // what makes os.NewFile wait in the runtime
		return nil, errors.Join(err, unix.Close(fd))
	}
	p := &poller{server: s, epoll: fd, file: os.NewFile(uintptr(fd), "epoll")}
	if err := p.file.SetReadDeadline(time.Time{}); err != nil {
		return nil, errors.Join(err, p.file.Close())
	}
	if p.raw, err = p.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, p.file.Close())
	}
	p.running.Go(p.run)
	return p, nil
}

// run wakes connections until close. An event names its connection by id, so a late one never meets another that has the same descriptor.
func (p *poller) run() {
	events := make([]unix.EpollEvent, 128)
	for {
		n := 0
		err := p.raw.Read(func(fd uintptr) bool {
			n, _ = unix.EpollWait(int(fd), events, 0) // which has no error when it does not wait
			return n > 0
		})
		if err != nil {
			return
		}
		for _, e := range events[:n] {
			if c := p.server.registry.find(uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32); c != nil {
				c.wake()
			}
		}
	}
}

// watch has c woken, once, when bytes are there or the connection has ended, also if that is so already.
func (p *poller) watch(c *Conn) error {
	event := unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT, Fd: int32(uint32(c.id)), Pad: int32(uint32(c.id >> 32)),
	}
	err := p.control(c, unix.EPOLL_CTL_ADD, &event)
	if errors.Is(err, unix.EEXIST) { // it was woken before it was watched
		err = p.control(c, unix.EPOLL_CTL_MOD, &event)
	}
	return err
}

// forget ends watch, so that connections that are busy again cost nothing here. The kernel does so for those that are closed.
func (p *poller) forget(c *Conn) { _ = p.control(c, unix.EPOLL_CTL_DEL, &unix.EpollEvent{}) }

// control holds the descriptor meanwhile, so that it is not closed and another one's.
func (p *poller) control(c *Conn, op int, event *unix.EpollEvent) (err error) {
	if closed := c.raw.Control(func(fd uintptr) { err = unix.EpollCtl(p.epoll, op, int(fd), event) }); closed != nil {
		return closed
	}
	return err
}

// close ends the goroutine. No connection may doze any more.
func (p *poller) close() error {
	err := p.file.Close()
	p.running.Wait()
	return err
}
