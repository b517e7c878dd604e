package resp

import (
	"errors"
	"sync"
	"time"
)

// dozeAfter is how long a client that has sent something must be silent until its connection dozes.
const dozeAfter = time.Second

// errDozing ends the goroutine of a connection that dozes: somebody else may already own it.
var errDozing = errors.New("the connection dozes")

// doze is the state of a connection that may be without a goroutine. A connection belongs to the goroutine that serves it until that one
// sets asleep; then to nobody, until someone takes asleep back: the poller, Kill, Shutdown, the idle timeout, or the goroutine itself if the
// poller refuses. Exactly one of them does, and serves it, or starts a goroutine that does.
type doze struct {
	mu     sync.Mutex // guards all below; a leaf lock
	asleep bool
	timer  *time.Timer // ends an idle client; nil without timeout
}

// fallAsleep gives the connection away.
func (d *doze) fallAsleep(c *Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asleep = true
	d.startTimerLocked(c)
}

// awaken reports whether the connection was asleep, and so is the caller's now.
func (d *doze) awaken() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.asleep
	d.asleep = false
	d.stopTimerLocked()
	return was
}

// retime follows a change of the timeout.
func (d *doze) retime(c *Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asleep {
		d.stopTimerLocked()
		d.startTimerLocked(c)
	}
}

func (d *doze) startTimerLocked(c *Conn) {
	if deadline := c.idleDeadline(c.server.settings.Load().Timeout); !deadline.IsZero() {
		d.timer = time.AfterFunc(time.Until(deadline), c.wake)
	}
}

func (d *doze) stopTimerLocked() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// canDoze reports whether the connection is one that can doze: not one of TLS, which may hold bytes that no poller knows of.
func (c *Conn) canDoze() bool { return !c.restless && c.server.poller != nil && c.plain() }

// atRest reports whether it can do so now: no bytes that were received are held here.
func (c *Conn) atRest() bool {
	return c.canDoze() && c.reader.Buffered() == 0 && c.reader.Capacity() == 0
}

// silent reports whether nothing came for long enough to doze.
func (c *Conn) silent() bool { return time.Since(c.LastInteraction()) >= c.server.dozeAfter }

// fallAsleep leaves the connection to the poller and reports whether it did. If so it is no longer the caller's, who must not touch it.
// Bytes that came since the last read, or an end of the connection, wake it at once: the poller tells what is, not what changes. What Kill
// and Shutdown do before is seen here; later they find it asleep.
func (c *Conn) fallAsleep() bool {
	c.dropWork()
	c.doze.fallAsleep(c)
	if !c.server.stopped() {
		err := c.server.poller.watch(c)
		if err == nil || !c.doze.awaken() {
			return true
		}
		c.takeWork()
		c.restless = true
		return false
	}
	if !c.doze.awaken() {
		return true
	}
	c.takeWork()
	return false
}

// wake has a connection that dozes served again; it does nothing to others. From any goroutine.
func (c *Conn) wake() {
	if c.doze.awaken() {
		c.server.running.Go(c.resume) // the connection is counted in running, too, so nobody has stopped waiting
	}
}

// resume serves a connection that dozed.
func (c *Conn) resume() {
	c.server.poller.forget(c)
	c.takeWork()
	c.glance, c.armed = true, false
	c.run()
}
