package command

import (
	"cmp"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
)

// minClientMemory is the least that maxmemory-clients can leave to all clients, as in Redis: with less nobody could say that it should be more.
const minClientMemory = 128 << 10

// crowd knows what all clients that may be evicted hold together.
type crowd struct {
	limit    atomic.Int64 // bytes; 0 is none, and nothing is counted
	sum      atomic.Int64 // of the weights of the sessions
	evicting sync.Mutex   // held by the one who looks for those that have to go
}

// ClientMemory returns how many bytes clients may hold together, 0 for no limit.
func (c *Config) ClientMemory() int64 {
	limit := c.MaxMemoryClients.Load()
	if limit < 0 { // percent of maxmemory
		limit = int64(float64(c.MaxMemory.Load()) * float64(-limit) / 100)
	}
	if limit == 0 {
		return 0
	}
	return max(limit, minClientMemory)
}

// configureClients follows maxmemory-clients and maxmemory.
func (s *Server) configureClients() error {
	limit := s.config.ClientMemory()
	if s.crowd.limit.Swap(limit) == limit || limit == 0 {
		return nil
	}
	s.Evict()
	return nil
}

// Weigh counts what a client holds in memory now, and reports whether all together hold more than maxmemory-clients, upon which Evict is to be
// called. It takes leaf locks only. From any goroutine.
func (s *Server) Weigh(ses *Session) (tooMuch bool) {
	limit := s.crowd.limit.Load()
	if limit == 0 {
		return false
	}
	s.crowd.count(ses, ses.burden())
	return s.crowd.sum.Load() > limit
}

// Evict closes clients, the largest first, until the rest holds no more than maxmemory-clients. It is called under no lock but those of a command.
func (s *Server) Evict() {
	s.crowd.evicting.Lock()
	defer s.crowd.evicting.Unlock()
	limit := s.crowd.limit.Load()
	if limit == 0 {
		return
	}
	all := s.clients.all()
	for _, ses := range all { // what has left meanwhile was not weighed
		s.Weigh(ses)
	}
	if s.crowd.sum.Load() <= limit {
		return
	}
	slices.SortStableFunc(all, func(a, b *Session) int { return cmp.Compare(b.weight.Load(), a.weight.Load()) })
	for _, ses := range all {
		weight := ses.weight.Load()
		if s.crowd.sum.Load() <= limit || weight <= 0 {
			return
		}
		slog.Info("client closed for maxmemory-clients", "client", ses.remote(), "bytes", weight)
		s.Stats.EvictedClients.Add(1)
		s.kill(ses)
	}
}

// count replaces what a session counts, unless it is gone.
func (w *crowd) count(ses *Session, weight int64) {
	for {
		old := ses.weight.Load()
		if old < 0 || old == weight {
			return
		}
		if ses.weight.CompareAndSwap(old, weight) {
			w.sum.Add(weight - old)
			return
		}
	}
}

// leave forgets a session for good.
func (w *crowd) leave(ses *Session) { w.sum.Add(-max(ses.weight.Swap(-1), 0)) }

// burden returns the bytes that a client holds, 0 if it is never evicted: a master, and who has said CLIENT NO-EVICT.
func (ses *Session) burden() int64 {
	p := &ses.profile
	p.mu.Lock()
	held := ses.heldLocked()
	exempt := p.noEvict || ses.link != nil
	p.mu.Unlock()
	if exempt {
		return 0
	}
	return ses.Conn.Memory() + int64(held)
}

// heldLocked returns the bytes that the server keeps of a client beside its connection.
func (ses *Session) heldLocked() int {
	const name = 128 // of a key, a channel or a prefix, with the tables that it is in
	p := &ses.profile
	names := int(p.watched + ses.subs.count.Load())
	if m := ses.tracking.Load(); m != nil {
		names += len(m.prefixes)
	}
	return p.args + p.queuedMem + names*name
}
