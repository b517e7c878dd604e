package resp

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// maxSpares is how many workers without work are kept for later.
	maxSpares = 16
	// maxSprint is how long the loop may go on without a look at what else waits in the runtime's poller, which the scheduler does only when no
	// goroutine is ready.
	maxSprint = 100 * time.Microsecond
)

// loop gives the plain connections their turns, in the order in which their bytes came: with one processor the commands of different clients run in that
// order, as in Redis. Workers are goroutines that take the next connection in line; when nobody is in line one of them asks the kernel. A worker may block
// in a turn, for a lock, the disk or its client: before each turn there is another one that is about to run, and takes over when it does.
//
// The loop has an epoll instance of its own, in that of the runtime like a socket, so waiting takes no thread.
type loop struct {
	server *Server
	epoll  int      // the descriptor, open until close
	bell   int      // an eventfd in epoll; the descriptor, open until close
	file   *os.File // epoll, for waiting
	raw    syscall.RawConn
	work   sync.WaitGroup // the workers

	mu      sync.Mutex      // guards all below; a leaf lock
	line    line            // those whose turn comes
	later   line            // those that have more to be read than their turn took: they come again when the kernel has been asked
	held    line            // those whose commands have run and whose replies may not leave yet
	settled line            // those whose replies may
	polling bool            // a worker asks the kernel
	coming  int             // workers that are about to look at the line
	spares  []chan struct{} // of the workers that wait until they are needed
	closed  bool

	poll poll
}

// poll is of the worker that has set polling.
type poll struct {
	attempt func(fd uintptr) bool // look, bound once
	events  [128]unix.EpollEvent
	n       int       // how many there are
	ring    bool      // let the runtime poll, too, even if events are there
	brief   bool      // do not wait if none are
	waited  time.Time // when it last did so
}

// line is a queue of connections.
type line struct{ first, last *Conn }

// push puts c at the end.
func (l *line) push(c *Conn) {
	if l.first == nil {
		l.first = c
	} else {
		l.last.behind = c
	}
	l.last = c
}

// join puts all of other at the end.
func (l *line) join(other line) {
	switch {
	case other.first == nil:
	case l.first == nil:
		*l = other
	default:
		l.last.behind, l.last = other.first, other.last
	}
}

// conns returns all of the line.
func (l *line) conns() (all []*Conn) {
	for c := l.first; c != nil; c = c.behind {
		all = append(all, c)
	}
	return all
}

// pop takes the first of a line that is not empty.
func (l *line) pop() *Conn {
	c := l.first
	l.first, c.behind = c.behind, nil
	return c
}

func newLoop(s *Server) (*loop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create: %w", err)
	}
	if err := unix.SetNonblock(epoll, true); err != nil { // what makes os.NewFile wait in the runtime
		return nil, errors.Join(err, unix.Close(epoll))
	}
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("eventfd: %w", err), unix.Close(epoll))
	}
	l := &loop{server: s, epoll: epoll, bell: bell, file: os.NewFile(uintptr(epoll), "epoll")}
	l.poll.attempt = l.look
	if err := l.open(); err != nil {
		return nil, errors.Join(err, l.file.Close(), unix.Close(bell))
	}
	l.coming = 1
	l.work.Go(l.run)
	return l, nil
}

func (l *loop) open() (err error) {
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, l.bell, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET}); err != nil { // as connection 0, which is none
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	if err := l.file.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	l.raw, err = l.file.SyscallConn()
	return err
}

// watch has c get a turn whenever bytes come or the connection ends, also if that is so already.
func (l *loop) watch(c *Conn) error {
	event := unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(uint32(c.id)), Pad: int32(uint32(c.id >> 32)),
	}
	var err error
	if closed := c.raw.Control(func(fd uintptr) { err = unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, int(fd), &event) }); closed != nil {
		return closed
	}
	return err
}

// add puts c, which the caller has claimed, in line.
func (l *loop) add(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line.push(c)
	l.coverLocked()
}

// addAgain gives c, whose turn the calling worker is about to end, another one.
func (l *loop) addAgain(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.later.push(c)
}

// hold keeps the replies of c, whose turn the calling worker is about to end, until the commands of all in line have run.
func (l *loop) hold(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held.push(c)
}

// run is a worker. Who starts or wakes one has counted it in coming.
func (l *loop) run() {
	l.mu.Lock()
	l.coming--
	l.mu.Unlock()
	for c, do := l.next(); c != nil; c, do = l.next() {
		do(c)
	}
}

// next returns the next connection and what is to be done with it. After nil the worker must end.
func (l *loop) next() (c *Conn, do func(*Conn)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for gaveWay := false; ; {
		switch {
		case l.settled.first != nil:
			l.coverLocked()
			return l.settled.pop(), (*Conn).conclude
		case l.line.first != nil:
			l.coverLocked()
			return l.line.pop(), (*Conn).turn
		case l.held.first != nil:
			l.coverLocked()
			l.settleLocked()
		case l.closed:
			return nil, nil
		case l.polling && l.later.first != nil:
			l.line, l.later = l.later, line{}
		case l.polling:
			if len(l.spares) == maxSpares {
				return nil, nil
			}
			l.waitLocked()
		case !gaveWay:
			gaveWay = true
			l.giveWayLocked()
		default:
			l.pollLocked()
		}
	}
}

// coverLocked makes sure that somebody takes over if the caller, or who else has a turn, blocks.
func (l *loop) coverLocked() {
	if l.coming > 0 {
		return
	}
	l.coming++
	if n := len(l.spares); n > 0 {
		close(l.spares[n-1])
		l.spares = l.spares[:n-1]
		return
	}
	l.work.Go(l.run)
}

// waitLocked waits, unlocked, until the worker is needed.
func (l *loop) waitLocked() {
	needed := make(chan struct{})
	l.spares = append(l.spares, needed)
	l.mu.Unlock()
	<-needed
	l.mu.Lock()
	l.coming--
}

// giveWayLocked lets other goroutines run.
func (l *loop) giveWayLocked() {
	l.coming++
	l.mu.Unlock()
	runtime.Gosched()
	l.mu.Lock()
	l.coming--
}

// settleLocked makes durable, unlocked, what the replies of all that are held tell of.
func (l *loop) settleLocked() {
	held := l.held
	l.held = line{}
	l.mu.Unlock()
	l.server.handler.Settle(held.conns()...)
	l.mu.Lock()
	l.settled.join(held)
}

// pollLocked asks the kernel, unlocked, which clients have sent something. It waits for one, or until the loop is closed, if nobody comes later.
func (l *loop) pollLocked() {
	l.polling = true
	later := l.later
	l.later = line{}
	l.mu.Unlock()
	l.poll.n, l.poll.ring, l.poll.brief = 0, time.Since(l.poll.waited) > maxSprint, later.first != nil
	err := l.raw.Read(l.poll.attempt)
	ready := l.claim(l.poll.events[:l.poll.n])
	l.mu.Lock()
	l.polling = false
	l.line.join(ready)
	l.line.join(later)
	if err != nil {
		l.closed = true
		l.wakeAllLocked()
	}
}

// look takes the events that are there. If it reports false, the runtime calls again when there are some.
func (l *loop) look(uintptr) bool {
	p := &l.poll
	if p.ring { // the bell makes sure that the runtime's wait ends, though it may have seen all the other events before
		p.ring = false
		_, _ = writeSocket(uintptr(l.bell), one[:]) // which never fails before 2^64 of them
		p.waited = time.Now()
		return false
	}
	p.n = epollNow(l.epoll, p.events[:])
	if p.n > 0 || p.brief {
		return true
	}
	p.waited = time.Now()
	return false
}

// one is what an eventfd adds.
var one = [8]byte{1}

// epollNow takes events that are there, without a wait, so that the scheduler need not be told.
func epollNow(epoll int, events []unix.EpollEvent) int {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epoll), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if errno != 0 { // EINTR: there will be another event
		return 0
	}
	return int(n)
}

// claim returns the connections of events that rested. An event names its connection by id, so a late one never meets another that has the same descriptor.
func (l *loop) claim(events []unix.EpollEvent) (ready line) {
	for _, e := range events {
		c := l.server.registry.find(uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32)
		if c != nil && c.turns.notice() {
			ready.push(c)
		}
	}
	return ready
}

// wakeAllLocked ends the wait of all workers, for good.
func (l *loop) wakeAllLocked() {
	l.coming += len(l.spares)
	for _, needed := range l.spares {
		close(needed)
	}
	l.spares = nil
}

// close ends the workers. No connection may be left.
func (l *loop) close() error {
	err := l.file.Close()
	l.work.Wait()
	return errors.Join(err, unix.Close(l.bell))
}
