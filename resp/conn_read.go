package resp

import (
	"errors"
	"os"
	"time"
)

var (
	errIdle    = errors.New("idle for longer than timeout")
	errStopped = errors.New("server is shutting down")
	errNothing = errors.New("nothing to read now")
)

// past is a deadline that ends a wait at once.
var past = time.Unix(1, 0)

// poke makes the connection look at the settings and at Shutdown, if its goroutine
// waits for its client. From any goroutine; the change must be visible before.
func (c *Conn) poke() { _ = c.tcp.SetReadDeadline(past) }

// read waits for the client and adds what it sent to the reader. While it waits a
// plain connection holds no buffer.
func (c *Conn) read() error {
	for {
		if err := c.arm(); err != nil {
			return err
		}
		n, err := c.receive()
		if n > 0 {
			c.noteRead(n)
			return nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		c.armed = false
		if c.idleTooLong() {
			c.server.metrics.IdleDisconnects.Add(1)
			return errIdle
		}
	}
}

// noteRead counts n bytes that were read into the reader's Space.
func (c *Conn) noteRead(n int) {
	c.reader.Filled(n)
	c.server.metrics.Reads.Add(1)
	c.server.metrics.BytesIn.Add(int64(n))
	c.lastSeen.Store(time.Now().UnixMilli())
}

// arm sets the read deadline now and then, not for each read. A poke
// between the look at what it announces and the setting of the deadline would be
// lost, hence the second look.
func (c *Conn) arm() error {
	for {
		settings := c.server.settings.Load()
		if !c.armed {
			c.armed = true
			if err := c.tcp.SetReadDeadline(c.idleDeadline(settings.Timeout)); err != nil {
				return err
			}
		}
		if c.server.stopped() {
			return errStopped
		}
		if settings == c.server.settings.Load() {
			return nil
		}
		c.armed = false
	}
}

// idleDeadline is when to look whether the client has been silent for long.
func (c *Conn) idleDeadline(timeout time.Duration) time.Time {
	switch {
	case timeout <= 0:
		return time.Time{}
	case c.Class() != ClassNormal:
		return time.Now().Add(timeout)
	}
	return c.LastInteraction().Add(timeout)
}

func (c *Conn) idleTooLong() bool {
	timeout := c.server.settings.Load().Timeout
	return timeout > 0 && c.Class() == ClassNormal && time.Since(c.LastInteraction()) >= timeout
}
