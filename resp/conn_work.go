package resp

import (
	"os"
	"sync"
	"syscall"

	"comet/resp/wire"
)

// work is what a connection needs only while a goroutine serves it.
type work struct {
	reader     *wire.Reader
	limitsFrom *Settings  // what reader's limits are of
	batch      *batch     // commands being executed; nil while waiting
	batchLen   int        // slots of batch in use
	executing  [][][]byte // what the session executes; nil between its batches
	sender     sender

	attempt func(fd uintptr) bool // tryRead, bound once
	now     func(fd uintptr)      // the same
	asked   int                   // results of tryRead: the length of Space
	got     int
	gotErr  error // errNothing if it reports false
}

// works has those without anything of a connection.
var works = sync.Pool{New: func() any {
	w := &work{reader: wire.NewReader(wire.Limits{})}
	w.attempt = w.tryRead
	w.now = func(fd uintptr) { w.tryRead(fd) }
	return w
}}

func (c *Conn) takeWork() { c.work = works.Get().(*work) }

// release gives the work back. The reader must hold nothing.
func (w *work) release() {
	w.limitsFrom, w.gotErr = nil, nil
	works.Put(w)
}

// senders are for pushes, which leave beside the goroutine of the connection.
var senders = sync.Pool{New: func() any { return new(sender) }}

// sender is the way of bytes into a socket.
type sender struct {
	rest    []byte
	err     error
	attempt func(fd uintptr) bool // try, bound once
	once    func(fd uintptr)      // the same
}

// offer writes as much of b as the socket takes now.
func (s *sender) offer(raw syscall.RawConn, b []byte) (int, error) {
	if s.once == nil {
		s.once = func(fd uintptr) { s.try(fd) }
	}
	b = b[:min(len(b), maxRawIO)]
	s.rest, s.err = b, nil
	err := raw.Control(s.once)
	if err == nil {
		err = s.err
	}
	sent := len(b) - len(s.rest)
	s.rest = nil
	return sent, err
}

// send writes all of b, waiting while the client is slow.
func (s *sender) send(raw syscall.RawConn, b []byte) (int, error) {
	if s.attempt == nil {
		s.attempt = s.try
	}
	s.rest, s.err = b, nil
	err := raw.Write(s.attempt)
	if err == nil {
		err = s.err
	}
	sent := len(b) - len(s.rest)
	s.rest = nil
	return sent, err
}

// try writes what the socket takes, or reports false, upon which the runtime
// calls again when there is room.
func (s *sender) try(fd uintptr) bool {
	for len(s.rest) > 0 {
		n, err := writeSocket(fd, s.rest)
		switch {
		case err == syscall.EAGAIN:
			return false
		case err != nil && err != syscall.EINTR:
			s.err = os.NewSyscallError("write", err)
			return true
		}
		s.rest = s.rest[n:]
	}
	return true
}
