package resp

import (
	"errors"
	"os"
	"sync/atomic"
	"time"

	"comet/resp/wire"
)

// ParkResult says why a parked client goes on.
type ParkResult uint8

// The results of Park. After Gone and Killed nothing may be given to the client.
const (
	Woken   ParkResult = iota // wake was closed or sent to
	Timeout                   // the deadline passed
	Gone                      // the client closed the connection
	Killed                    // Kill or Shutdown
)

// Park sends the replies so far and then waits for wake, for the deadline (the zero
// Time is none) or for the end of the connection. It is called from Batch. What
// the client sends meanwhile is not read and so not lost. When several
// events are there at once, the end of the connection comes first, then wake.
func (c *Conn) Park(wake <-chan struct{}, deadline time.Time) ParkResult {
	if c.Flush() != nil {
		return Gone
	}
	if c.Reply.Release(); c.ended() {
		return Killed
	}
	defer c.Reply.Acquire()
	var expired <-chan time.Time
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		expired = timer.C
	}
	w := c.watch()
	result := Woken
	select {
	case <-wake:
	case <-expired:
		result = Timeout
	case <-w.gone:
		result = Gone
	case <-c.output.ended():
		result = Killed
	case <-c.server.stopping:
		result = Killed
	}
	return c.settle(w.stop(), result, wake)
}

// Detach copies commands, those of the running batch, out of the read buffer and
// gives the buffer back, so that a client parked for long holds little memory.
// Arguments taken from commands before are then invalid: take them again.
func (c *Conn) Detach(commands [][][]byte) {
	size, count := 0, 0
	for _, args := range commands {
		count += len(args)
		for _, arg := range args {
			if len(arg) < wire.BigArg {
				size += len(arg)
			}
		}
	}
	text, slots := make([]byte, 0, size), make([][]byte, 0, count)
	for i, args := range commands {
		first := len(slots)
		for _, arg := range args {
			if len(arg) < wire.BigArg {
				text = append(text, arg...)
				arg = text[len(text)-len(arg) : len(text) : len(text)]
			}
			slots = append(slots, arg)
		}
		commands[i] = slots[first:len(slots):len(slots)]
	}
	c.reader.Release()
	c.reader.Idle()
	c.queryLen.Store(int64(c.reader.Buffered()))
	c.queryCap.Store(int64(c.reader.Capacity()))
}

// settle resolves events that came at the same time.
func (c *Conn) settle(gone bool, result ParkResult, wake <-chan struct{}) ParkResult {
	if c.output.killed.Load() {
		return Killed
	}
	if gone {
		c.Kill()
		return Gone
	}
	if result == Timeout {
		select {
		case <-wake:
			return Woken
		default:
		}
	}
	return result
}

// watcher notices the end of a connection nobody reads from.
type watcher struct {
	conn    *Conn
	gone    chan struct{} // closed when the client went away
	done    chan struct{} // closed when the goroutine ended
	stopped atomic.Bool
}

func (c *Conn) watch() *watcher {
	w := &watcher{conn: c, gone: make(chan struct{}), done: make(chan struct{})}
	if c.raw == nil {
		close(w.done)
		return w
	}
	go w.run()
	return w
}

// run waits in the runtime's poller. A deadline that passes is a request to look
// at stopped, or a poke that is not meant for a parked client.
func (w *watcher) run() {
	defer close(w.done)
	for !w.stopped.Load() {
		_ = w.conn.tcp.SetReadDeadline(time.Time{})
		gone := false
		err := w.conn.raw.Read(func(fd uintptr) bool {
			gone = hungUp(int(fd))
			return gone || w.stopped.Load()
		})
		if gone || (err != nil && !errors.Is(err, os.ErrDeadlineExceeded)) {
			close(w.gone)
			return
		}
	}
}

// stop ends the goroutine and reports whether the client is gone.
func (w *watcher) stop() bool {
	w.stopped.Store(true)
	w.conn.poke()
	w.conn.armed = false
	<-w.done
	select {
	case <-w.gone:
		return true
	default:
		return false
	}
}
