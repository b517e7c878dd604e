package aso

import (
	"sync"
	"sync/atomic"
)

// outbox holds messages to subscribers until the units that caused them are durable, and delivers them in the order of the units.
type outbox struct {
	publisher Publisher
	waiting   atomic.Int64

	mu    sync.Mutex // guards queue; taken under partition locks
	queue []message

	deliverMu sync.Mutex // held while delivering, so that order holds; never taken under partition locks
}

// message is one message to a channel, or what else is to be done in its turn.
type message struct {
	seq              uint64
	channel, content []byte
	told             uint64 // the client that has it already; 0 is none
	run              func() // if set, it is called, and nothing published
}

// add queues messages of a unit. The locks of the unit's partitions are held.
func (o *outbox) add(seq uint64, messages []message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range messages {
		m.seq = seq
		o.queue = append(o.queue, m)
	}
	o.waiting.Add(int64(len(messages)))
}

// deliver publishes all messages up to the journal position durable, or failed.
func (o *outbox) deliver(durable uint64) {
	if o.waiting.Load() == 0 {
		return
	}
	o.deliverMu.Lock()
	defer o.deliverMu.Unlock()
	for _, m := range o.take(durable) {
		if m.run != nil {
			m.run()
			continue
		}
		o.publisher.Publish(m.channel, m.content, m.told)
	}
	if f, ok := o.publisher.(Flusher); ok {
		f.Flush()
	}
}

func (o *outbox) take(durable uint64) []message {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for n < len(o.queue) && o.queue[n].seq <= durable {
		n++
	}
	ready := o.queue[:n:n]
	o.queue = o.queue[n:]
	if len(o.queue) == 0 {
		o.queue = nil
	}
	o.waiting.Add(-int64(n))
	return ready
}
