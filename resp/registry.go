package resp

import (
	"cmp"
	"slices"
	"sync"
)

// registry knows the open connections by id.
type registry struct {
	mu     sync.RWMutex // guards all below; a leaf lock
	conns  map[uint64]*Conn
	lastID uint64
}

func (g *registry) add(c *Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.conns == nil {
		g.conns = make(map[uint64]*Conn)
	}
	g.lastID++
	c.id = g.lastID
	g.conns[c.id] = c
}

func (g *registry) remove(c *Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c.id)
}

func (g *registry) find(id uint64) *Conn {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.conns[id]
}

func (g *registry) count() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.conns)
}

// all returns the connections in the order of their ids.
func (g *registry) all() []*Conn {
	g.mu.RLock()
	conns := make([]*Conn, 0, len(g.conns))
	for _, c := range g.conns {
		conns = append(conns, c)
	}
	g.mu.RUnlock()
	slices.SortFunc(conns, func(a, b *Conn) int { return cmp.Compare(a.id, b.id) })
	return conns
}
