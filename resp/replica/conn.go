package replica

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"comet/resp/command"
)

const (
	readBuffer = 64 << 10
	tellEvery  = time.Second
)

// conn is a connection to a master. The commands that come are a session's, which replies nothing.
type conn struct {
	command.NoClient // replies go nowhere

	nc      net.Conn
	r       *bufio.Reader
	timeout time.Duration // of silence
	heard   atomic.Int64  // when something came last, Unix nanoseconds
	bytes   *atomic.Int64 // counts what comes

	applied atomic.Int64  // what the master is told to have been applied; negative: nothing is to be told, but that this server is there
	dead    chan struct{} // closed by Kill
	kill    sync.Once
	telling sync.WaitGroup

	mu     sync.Mutex // held while something is sent; a leaf lock
	failed error
}

func newConn(nc net.Conn, timeout time.Duration, bytes *atomic.Int64) *conn {
	c := &conn{nc: nc, timeout: timeout, bytes: bytes, dead: make(chan struct{})}
	c.applied.Store(-1)
	c.r = bufio.NewReaderSize(c, readBuffer)
	return c
}

// Read reads from the network, and waits no longer than the timeout.
func (c *conn) Read(p []byte) (int, error) {
	if err := c.nc.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	n, err := c.nc.Read(p)
	if n > 0 {
		c.heard.Store(time.Now().UnixNano())
		c.bytes.Add(int64(n))
	}
	return n, err
}

func (c *conn) lastHeard() time.Time { return time.Unix(0, c.heard.Load()) }

// line reads a line that is not empty, without its end. A master that is busy sends empty ones.
func (c *conn) line() (string, error) {
	for {
		line, err := c.r.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return "", errors.New("the master sends no line: is it a Redis?")
		case err != nil:
			return "", fmt.Errorf("read: %w", err)
		}
		line = line[:len(line)-1]
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if len(line) > 0 {
			return string(line), nil
		}
	}
}

// send sends a command.
func (c *conn) send(words ...string) error {
	b := appendHeader(nil, '*', len(words))
	for _, w := range words {
		b = append(appendHeader(b, '$', len(w)), w...)
		b = append(b, "\r\n"...)
	}
	return c.write(b)
}

func appendHeader(b []byte, kind byte, n int) []byte {
	return append(strconv.AppendInt(append(b, kind), int64(n), 10), '\r', '\n')
}

func (c *conn) write(b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != nil {
		return c.failed
	}
	if c.failed = c.nc.SetWriteDeadline(time.Now().Add(c.timeout)); c.failed == nil {
		_, c.failed = c.nc.Write(b)
	}
	return c.failed
}

// ask sends a command and returns the line that the master replies.
func (c *conn) ask(words ...string) (string, error) {
	if err := c.send(words...); err != nil {
		return "", fmt.Errorf("%s: %w", words[0], err)
	}
	line, err := c.line()
	if err != nil {
		return "", fmt.Errorf("%s: %w", words[0], err)
	}
	return line, nil
}

// startTelling tells the master each second what has been applied, until close.
func (c *conn) startTelling() {
	c.telling.Go(func() {
		ticker := time.NewTicker(tellEvery)
		defer ticker.Stop()
		for {
			select {
			case <-c.dead:
				return
			case <-ticker.C:
			}
			if c.tell() != nil {
				c.Kill()
				return
			}
		}
	})
}

// tell tells the master what has been applied.
func (c *conn) tell() error {
	if offset := c.applied.Load(); offset >= 0 {
		return c.send("REPLCONF", "ACK", strconv.FormatInt(offset, 10))
	}
	return c.write([]byte("\n"))
}

// close ends the connection and waits for what it has started.
func (c *conn) close() {
	c.Kill()
	c.telling.Wait()
}

// Kill closes the connection.
func (c *conn) Kill() {
	c.kill.Do(func() {
		close(c.dead)
		_ = c.nc.Close()
	})
}

// What a session asks of its connection; the rest is that of NoClient.

// RemoteAddr returns the address of the master.
func (c *conn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }

// LocalAddr returns the address of this end.
func (c *conn) LocalAddr() net.Addr { return c.nc.LocalAddr() }

// CloseAfterReply closes the connection.
func (c *conn) CloseAfterReply() { c.Kill() }

// Park waits for the end of a CLIENT PAUSE. A command that blocks does not wait: a master sends what it came to.
func (c *conn) Park(wake <-chan struct{}, deadline time.Time) command.ParkResult {
	if deadline.IsZero() {
		return command.ParkTimeout
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-wake:
		return command.ParkWoken
	case <-timer.C:
		return command.ParkTimeout
	case <-c.dead:
		return command.ParkGone
	}
}
