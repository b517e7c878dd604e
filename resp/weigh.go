package resp

import "sync/atomic"

// heavy is how many bytes for a client are weighed as soon as they are there, and not when its commands have run.
const heavy = 16 << 10

// scales weigh what clients hold in memory.
type scales struct {
	on      atomic.Bool                  // while there is a limit to it
	weigh   func(c *Conn) (tooMuch bool) // counts what the client holds now; takes leaf locks only
	evict   func()                       // closes clients until the rest is below the limit; to be called under no lock
	pending atomic.Bool                  // a goroutine is about to call evict
}

// weigh counts what the client holds, which may cost a client its connection. It must not be called under a lock. From any goroutine.
func (c *Conn) weigh() {
	if s := &c.server.scales; s.on.Load() && s.weigh(c) {
		s.evict()
	}
}

// weighPushes is weigh when n bytes are queued, under locks of whoever pushes.
func (o *output) weighPushes(n int) {
	s := &o.conn.server.scales
	if n < heavy || !s.on.Load() || !s.weigh(o.conn) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed && !s.pending.Swap(true) {
		o.writers.Go(func() {
			s.pending.Store(false)
			s.evict()
		})
	}
}
