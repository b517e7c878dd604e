package resp

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// maxRawIO is the most bytes moved by a system call that the scheduler is not told
// of, which takes some 10 us. Telling it costs a tenth of the throughput of small
// batches, since it may give the processor away meanwhile; but what it is not told
// of delays the garbage collector.
const maxRawIO = 72 << 10

// readSocket reads from a socket in non-blocking mode.
func readSocket(fd uintptr, b []byte) (int, error) {
	if len(b) > maxRawIO {
		return syscall.Read(int(fd), b)
	}
	return rawResult(syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b))))
}

func writeSocket(fd uintptr, b []byte) (int, error) {
	return rawResult(syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b))))
}

func rawResult(n, _ uintptr, errno syscall.Errno) (int, error) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// send writes all of b through s, waiting while the client is slow. Only who has set
// output.writing may call it.
func (c *Conn) send(s *sender, b []byte) (int, error) {
	if !c.plain() || len(b) > maxRawIO {
		return c.stream().Write(b)
	}
	return s.send(c.raw, b)
}

// plain reports whether bytes go through the socket as they are.
func (c *Conn) plain() bool { return c.raw != nil && c.secure == nil }

// stream returns what to read from and write to where the connection is not plain.
func (c *Conn) stream() net.Conn {
	if c.secure != nil {
		return c.secure
	}
	return c.tcp
}

// receive waits for bytes and returns how many it put into the reader's Space.
func (c *Conn) receive() (int, error) {
	if !c.plain() {
		return c.receiveStream()
	}
	if err := c.raw.Read(c.attempt); err != nil {
		return 0, err
	}
	return c.got, c.gotErr
}

// tryRead reads what is there, or gives the buffer back and reports false, upon
// which the runtime calls again when the socket is readable.
func (w *work) tryRead(fd uintptr) bool {
	space := w.reader.Space()
	w.got, w.asked, w.gotErr = 0, len(space), nil
	for {
		n, err := readSocket(fd, space)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			w.reader.Idle()
			w.gotErr = errNothing
			return false
		case err != nil:
			w.gotErr = os.NewSyscallError("read", err)
		case n == 0:
			w.gotErr = io.EOF
		default:
			w.got = n
		}
		return true
	}
}

// receiveStream reads from what is not a plain socket, which cannot be asked
// whether bytes are there. It waits for one byte without a buffer: a single byte
// never completes a command that has a reply, so waiting for the next is harmless.
func (c *Conn) receiveStream() (int, error) {
	c.reader.Idle()
	if c.reader.Capacity() == 0 {
		var first [1]byte
		if n, err := c.stream().Read(first[:]); n == 0 {
			return 0, err
		}
		c.reader.Space()[0] = first[0]
		c.reader.Filled(1)
	}
	return c.stream().Read(c.reader.Space())
}
