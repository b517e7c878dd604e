package resp

import (
	"errors"
	"sync"
	"time"
)

// turns tells whose a connection of the loop is: the loop's while it is in line or has its turn. Otherwise it rests and is nobody's, until
// someone claims it: the loop when bytes have come, Kill, Shutdown, or the idle timeout. Exactly one of them does.
type turns struct {
	mu      sync.Mutex // guards all below; a leaf lock
	resting bool
	again   bool        // bytes came since the last turn began
	timer   *time.Timer // ends an idle client; nil without timeout, or until the first rest
}

// claim reports whether the connection rested, and so is the caller's now.
func (t *turns) claim() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.resting
	t.resting = false
	return was
}

// notice is claim for bytes that have come: who has the connection looks for them before it rests.
func (t *turns) notice() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.resting
	t.resting, t.again = false, !was
	return was
}

// turn reads once and executes what is complete. The connection is the caller's; then its replies are held, it rests, is in line again, or has ended.
func (c *Conn) turn() {
	if c.work == nil {
		c.takeWork()
	}
	more, err := c.readNow()
	c.more = more
	switch {
	case errors.Is(err, errNothing):
		c.endTurn()
	case err != nil || !c.process():
		c.finish()
	case c.server.handler.Owes(c):
		c.server.loop.hold(c)
	default:
		c.conclude()
	}
}

// conclude ends a turn whose commands have run.
func (c *Conn) conclude() {
	if c.answer() {
		c.endTurn()
	} else {
		c.finish()
	}
}

func (c *Conn) endTurn() {
	if c.more || !c.rest() {
		c.server.loop.addAgain(c)
	}
}

// readNow adds what the client has sent to the reader, as far as one read takes it, and reports whether there may be more.
func (c *Conn) readNow() (more bool, err error) {
	if c.server.stopped() {
		return false, errStopped
	}
	if err := c.raw.Control(c.now); err != nil {
		return false, err
	}
	if c.got > 0 {
		more = c.got == c.asked
		c.noteRead(c.got)
	}
	return more, c.gotErr
}

// rest gives the connection away and reports whether it did. If so it is no longer the caller's, who must not touch it. What Kill and Shutdown did before
// is seen here; later they find it resting. While it holds no bytes it has no room for them either.
func (c *Conn) rest() bool {
	c.reader.Idle()
	w := c.work
	if c.reader.Capacity() > 0 {
		w = nil
	} else {
		c.work = nil
	}
	if c.giveAway() {
		if w != nil {
			w.release()
		}
		return true
	}
	if w != nil {
		c.work = w
	}
	return false
}

func (c *Conn) giveAway() bool {
	t := &c.turns
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.again || c.output.killed.Load() || c.server.stopped() {
		t.again = false
		return false
	}
	t.resting = true
	if t.timer == nil {
		t.startTimerLocked(c)
	}
	return true
}

// wake has a connection that rests look at Kill and Shutdown; it does nothing to others. From any goroutine.
func (c *Conn) wake() {
	if c.turns.claim() {
		c.server.loop.add(c)
	}
}

// retime follows a change of the timeout.
func (t *turns) retime(c *Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopTimerLocked()
	if t.resting {
		t.startTimerLocked(c)
	}
}

// stopTimer is for a connection that has ended.
func (t *turns) stopTimer() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopTimerLocked()
}

func (t *turns) startTimerLocked(c *Conn) {
	if deadline := c.idleDeadline(c.server.settings.Load().Timeout); !deadline.IsZero() {
		t.timer = time.AfterFunc(time.Until(deadline), c.endIfIdle)
	}
}

func (t *turns) stopTimerLocked() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

// endIfIdle closes the connection if its client has been silent for the timeout, or looks again when that may be so.
func (c *Conn) endIfIdle() {
	t := &c.turns
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer == nil { // the timeout has changed, or the connection has ended
		return
	}
	switch {
	case !c.idleTooLong():
		t.startTimerLocked(c)
	case !t.resting: // waiting for an event, or for its turn
		t.timer.Reset(c.server.settings.Load().Timeout)
	default:
		t.resting, t.timer = false, nil
		c.server.running.Go(c.expire) // the connection is counted in running, too, so nobody has stopped waiting
	}
}

// expire ends an idle connection, which the caller has claimed.
func (c *Conn) expire() {
	c.server.metrics.IdleDisconnects.Add(1)
	if c.work == nil {
		c.takeWork()
	}
	c.finish()
}
