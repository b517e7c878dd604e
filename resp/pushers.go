package resp

import (
	"runtime"
	"sync"
)

const (
	// pusherLine is how many outputs one pusher has to wait for it before another one is started.
	pusherLine = 64
	// minPusherTurn is the least number of outputs that a pusher serves before it lets other goroutines run.
	minPusherTurn = 32
	// pusherTurns is how often it does so while it serves a long line once. More often, publishers that are always ready would fill the queues of
	// a channel with many subscribers faster than they empty, up to the output limit.
	pusherTurns = 4
)

// pushers write the pushes of connections whose goroutine is not about to write: a few goroutines for all connections, which exist only while
// some are in line, so that a message to many subscribers costs each of them a write and no goroutine. They never wait for a client.
type pushers struct {
	server *Server

	mu          sync.Mutex // guards all below, and the behind of outputs; a leaf lock
	first, last *output    // the line of those that have pushes to be written
	waiting     int        // in line
	running     int        // goroutines
}

// add puts o in line. Its connection must not have ended.
func (p *pushers) add(o *output) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.first == nil {
		p.first = o
	} else {
		p.last.behind = o
	}
	p.last = o
	p.waiting++
	if p.running == 0 || (p.waiting%pusherLine == 0 && p.running < min(p.waiting/pusherLine, runtime.GOMAXPROCS(0))) {
		p.running++
		p.server.running.Go(p.run) // the connection is counted in running, too, so nobody has stopped waiting
	}
}

func (p *pushers) run() {
	s := senders.Get().(*sender)
	defer senders.Put(s)
	for {
		turn := minPusherTurn
		for served := 0; served < turn; served++ {
			o, waiting := p.take()
			if o == nil {
				return
			}
			turn = max(turn, waiting/pusherTurns)
			o.offer(s)
		}
		runtime.Gosched()
	}
}

// take returns the next one in line and how many were there, or nil, upon which the caller must end.
func (p *pushers) take() (o *output, waiting int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.first == nil {
		p.running--
		return nil, 0
	}
	o, waiting = p.first, p.waiting
	p.first, o.behind = o.behind, nil
	if p.first == nil {
		p.last = nil
	}
	p.waiting--
	return o, waiting
}

// offer writes what is queued as far as the socket takes it now. A goroutine of its own writes what is left.
func (o *output) offer(s *sender) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.inLine = false
	if len(o.queue) == 0 || o.writing || o.flushing || o.closed {
		return
	}
	o.writing = true
	o.writers.Add(1)
	defer o.writers.Done()
	b := o.queue
	o.queue, o.spare = o.spare, nil
	o.pending = len(b)
	o.mu.Unlock()
	n, err := s.offer(o.conn.raw, b)
	o.conn.server.metrics.Writes.Add(1)
	o.conn.server.metrics.BytesOut.Add(int64(n))
	o.mu.Lock()
	switch {
	case err != nil:
		o.closed = true
	case n < len(b) && !o.closed:
		o.writers.Go(func() { o.writePushes(b[n:]) })
		return
	}
	o.pending = 0
	o.checkLocked()
	o.keepLocked(b)
	o.writing = false
	o.freeLocked()
	o.wakeLocked()
}
