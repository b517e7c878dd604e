package resp

import (
	"runtime"
	"sync"
)

const (
	// pusherLine is how many outputs one pusher has to wait for it before another one is started.
	pusherLine = 64
	// pusherTurn is how many outputs a pusher serves before it lets other goroutines run.
	pusherTurn = 16
)

// pushers write the pushes of connections whose goroutine is not about to write: a few goroutines for all connections, which exist only while
// some are in line, so that a message to many subscribers costs each of them a write and no goroutine. They never wait for a client.
type pushers struct {
	server *Server

	mu      sync.Mutex // guards all below; a leaf lock
	line    []*output  // who has pushes to be written, from next on
	next    int
	running int // goroutines
}

// add puts o in line. Its connection must not have ended.
func (p *pushers) add(o *output) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line = append(p.line, o)
	waiting := len(p.line) - p.next
	if p.running == 0 || (waiting%pusherLine == 0 && p.running < min(waiting/pusherLine, runtime.GOMAXPROCS(0))) {
		p.running++
		p.server.running.Go(p.run) // the connection is counted in running, too, so nobody has stopped waiting
	}
}

func (p *pushers) run() {
	s := senders.Get().(*sender)
	defer senders.Put(s)
	for served := 1; ; served++ {
		o := p.take()
		if o == nil {
			return
		}
		o.offer(s)
		if served%pusherTurn == 0 {
			runtime.Gosched()
		}
	}
}

// take returns the next one in line, or nil, upon which the caller must end.
func (p *pushers) take() *output {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next == len(p.line) {
		p.line, p.next = p.line[:0], 0
		p.running--
		return nil
	}
	o := p.line[p.next]
	p.line[p.next] = nil
	p.next++
	return o
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
