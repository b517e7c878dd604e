package resp

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// writeStep is how much is handed to the socket between two looks at how much
	// a slow client has taken, in bytes.
	writeStep = 256 << 10
	// maxSpare bounds the push buffer kept while pushes go on.
	maxSpare = 64 << 10
)

// output is the way to the client. Replies are written by the connection's
// goroutine, pushes by one of the pushers, or by a goroutine of their own while the
// client is slow; whoever writes has set writing, so that frames never interleave.
type output struct {
	conn    *Conn
	writers sync.WaitGroup

	killed atomic.Bool // Kill was called; set under mu

	mu       sync.Mutex    // guards all below, never held during I/O; pushers.mu is taken under it
	free     *sync.Cond    // writing became false, or closed true; nil if nobody ever waited for it
	gone     chan struct{} // closed by Kill; nil if nobody ever waited for it
	queue    []byte        // pushes not yet being written
	spare    []byte
	pending  int  // bytes being written
	writing  bool // someone is writing
	flushing bool // the connection's goroutine waits for its turn
	inLine   bool // the pushers will look at the queue
	closed   bool
	soft     *time.Timer // runs while the soft limit is exceeded

	behind *output // the next in the line of the pushers, whose mu guards it
}

// Flush sends what is in Reply and waits until the kernel has taken it. Everything
// the replies tell of must be durable before.
func (c *Conn) Flush() error {
	c.makeDurable()
	b := c.Reply.Bytes()
	if len(b) == 0 {
		return nil
	}
	err := c.output.flush(&c.sender, b)
	c.Reply.Reset()
	return err
}

// makeDurable waits until durable is what Reply tells of.
func (c *Conn) makeDurable() {
	if c.looped && c.server.handler.Owes(c) {
		c.server.handler.Settle(c)
	}
}

// PushSelf appends a push to the replies of the running batch, so that it has its
// place among them. It must not be called inside an unfinished reply.
func (c *Conn) PushSelf(b []byte) { c.Reply.Raw(b) }

// Push queues a complete frame for the client and returns at once; b is copied.
// Order among pushes is kept; they are sent between replies. A client that does
// not read is closed by its output limit. From any goroutine.
func (c *Conn) Push(b []byte) { c.output.weighPushes(c.output.push(b)) }

// push queues b and returns how much is queued.
func (o *output) push(b []byte) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return 0
	}
	o.queue = append(o.queue, b...)
	o.checkLocked()
	n := len(o.queue)
	o.wakeLocked()
	return n
}

// wakeLocked has the queue written if pushes wait and nobody writes.
func (o *output) wakeLocked() {
	if len(o.queue) == 0 || o.writing || o.flushing || o.closed || o.inLine {
		return
	}
	if o.conn.plain() {
		o.inLine = true
		o.conn.server.pushers.add(o)
		return
	}
	o.writing = true
	o.writers.Go(func() { o.writePushes(nil) })
}

// writePushes writes rest, of which a part has left, and then runs until the queue
// is empty or the connection's goroutine wants to write.
func (o *output) writePushes(rest []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := senders.Get().(*sender)
	defer senders.Put(s)
	if o.writeLocked(s, rest) != nil {
		o.closed = true
	}
	o.writeQueueLocked(s, func() bool { return o.flushing })
	o.writing = false
	o.freeLocked()
	o.wakeLocked()
}

// writeQueueLocked writes what is queued, unlocked while it does.
func (o *output) writeQueueLocked(s *sender, stop func() bool) {
	for len(o.queue) > 0 && !o.closed && !stop() {
		b := o.queue
		o.queue, o.spare = o.spare, nil
		if o.writeLocked(s, b) != nil {
			o.closed = true
		}
		o.keepLocked(b)
	}
}

// keepLocked keeps the buffer of pushes that were written while more are queued.
func (o *output) keepLocked(b []byte) {
	if cap(b) <= maxSpare {
		o.spare = b[:0]
	}
	if len(o.queue) == 0 {
		o.queue, o.spare = nil, nil
	}
}

func (o *output) flush(s *sender, b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.takeTurnLocked() {
		return net.ErrClosed
	}
	var err error
	if earlier := o.queue; len(earlier) > 0 {
		o.queue, o.spare = o.spare, nil
		err = o.writeLocked(s, earlier)
	}
	if err == nil {
		err = o.writeLocked(s, b)
	}
	o.writing = false
	o.wakeLocked()
	return err
}

// drain writes all queued pushes before the connection is closed.
func (o *output) drain(s *sender) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.takeTurnLocked() {
		o.writeQueueLocked(s, func() bool { return false })
		o.writing = false
	}
}

func (o *output) takeTurnLocked() bool {
	for o.writing && !o.closed {
		o.flushing = true
		if o.free == nil {
			o.free = sync.NewCond(&o.mu)
		}
		o.free.Wait()
	}
	o.flushing = false
	if o.closed {
		return false
	}
	o.writing = true
	return true
}

// writeLocked writes b, unlocked while it does, and keeps count of what is left.
func (o *output) writeLocked(s *sender, b []byte) error {
	o.pending = len(b)
	o.checkLocked()
	if len(b) >= heavy {
		o.mu.Unlock()
		o.conn.weigh()
		o.mu.Lock()
	}
	for len(b) > 0 && !o.closed {
		step := b[:min(len(b), writeStep)]
		o.mu.Unlock()
		n, err := o.conn.send(s, step)
		o.conn.server.metrics.Writes.Add(1)
		o.conn.server.metrics.BytesOut.Add(int64(n))
		o.mu.Lock()
		if err != nil {
			o.pending = 0
			return err
		}
		b = b[len(step):]
		o.pending = len(b)
		o.checkLocked()
	}
	if o.closed {
		return net.ErrClosed
	}
	return nil
}

// checkLocked closes the client when it is over its output limit.
func (o *output) checkLocked() {
	limit := o.conn.server.settings.Load().OutputLimits[o.conn.Class()]
	used := int64(len(o.queue) + o.pending)
	if limit.Hard > 0 && used >= limit.Hard {
		o.overLimitLocked("hard", used)
		return
	}
	if limit.Soft == 0 || used < limit.Soft {
		o.stopSoftLocked()
		return
	}
	if o.soft == nil && !o.closed {
		o.soft = time.AfterFunc(limit.SoftFor, o.softExpired)
	}
}

func (o *output) softExpired() {
	o.mu.Lock()
	defer o.mu.Unlock()
	limit := o.conn.server.settings.Load().OutputLimits[o.conn.Class()]
	used := int64(len(o.queue) + o.pending)
	if o.soft != nil && limit.Soft > 0 && used >= limit.Soft {
		o.overLimitLocked("soft", used)
	}
}

func (o *output) stopSoftLocked() {
	if o.soft != nil {
		o.soft.Stop()
		o.soft = nil
	}
}

func (o *output) overLimitLocked(which string, used int64) {
	if o.closed {
		return
	}
	server := o.conn.server
	if which == "hard" {
		server.metrics.OutputLimitHard.Add(1)
	} else {
		server.metrics.OutputLimitSoft.Add(1)
	}
	o.closeLocked()
	o.writers.Go(func() {
		server.log.Warn("client closed at its output limit", "client", o.conn.RemoteAddr(), "limit", which, "bytes", used)
		o.conn.Kill()
	})
}

// kill closes the output for good, and reports whether it is the first to do so.
func (o *output) kill() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.killed.Swap(true) {
		return false
	}
	o.closeLocked()
	if o.gone != nil {
		close(o.gone)
	}
	return true
}

// ended returns a channel that is closed once kill was called.
func (o *output) ended() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone == nil {
		o.gone = make(chan struct{})
		if o.killed.Load() {
			close(o.gone)
		}
	}
	return o.gone
}

func (o *output) closeLocked() {
	o.closed = true
	o.queue, o.spare = nil, nil
	o.stopSoftLocked()
	o.freeLocked()
}

// freeLocked wakes who waits for its turn.
func (o *output) freeLocked() {
	if o.free != nil {
		o.free.Broadcast()
	}
}

// sizes returns the bytes being written and the bytes queued.
func (o *output) sizes() (pending, queued int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return int64(o.pending), int64(len(o.queue))
}
