package value

import (
	"cmp"
	"slices"
)

// StreamGroup is a group of consumers that share the entries of a stream. It
// is changed through Stream only.
type StreamGroup struct {
	name      string
	lastID    StreamID // of the entry delivered last
	read      int64    // entries up to lastID since the first ever, or EntriesUnknown
	pending   idMap[delivery]
	consumers []*StreamConsumer // by name
}

// EntriesUnknown is the number of entries that a group has read if it cannot be told.
const EntriesUnknown = -1

// StreamConsumer is a member of a group.
type StreamConsumer struct {
	name    string
	seen    int64
	pending idMap[struct{}] // the IDs of its deliveries
}

// delivery is an entry that a consumer got and did not acknowledge.
type delivery struct {
	to    *StreamConsumer
	at    int64
	count int64
}

// Delivery is an entry that a consumer got and did not acknowledge.
type Delivery struct {
	ID       StreamID
	Consumer string
	At       int64 // the last time, Unix milliseconds
	Count    int64 // how often
}

// memory that is not in its idMaps
const (
	groupSize    = 112
	consumerSize = 72
)

// Name is the group's name.
func (g *StreamGroup) Name() string { return g.name }

// LastID is the ID of the entry delivered last.
func (g *StreamGroup) LastID() StreamID { return g.lastID }

// Read is the number of entries from the first ever up to LastID, or EntriesUnknown.
func (g *StreamGroup) Read() int64 { return g.read }

// Pending is the number of deliveries that are not acknowledged.
func (g *StreamGroup) Pending() int { return g.pending.n }

// PendingEdges returns the least and the greatest ID among the deliveries, of which there must be one.
func (g *StreamGroup) PendingEdges() (first, last StreamID) { return g.pending.edges() }

// Consumers are the members in the order of their names. It must not be changed.
func (g *StreamGroup) Consumers() []*StreamConsumer { return g.consumers }

// Consumer returns the member with a name, or nil.
func (g *StreamGroup) Consumer(name []byte) *StreamConsumer {
	if i, ok := g.find(name); ok {
		return g.consumers[i]
	}
	return nil
}

func (g *StreamGroup) find(name []byte) (int, bool) {
	return slices.BinarySearchFunc(g.consumers, name, func(c *StreamConsumer, name []byte) int { return cmp.Compare(c.name, string(name)) })
}

// Delivery returns the delivery of an entry.
func (g *StreamGroup) Delivery(id StreamID) (d Delivery, ok bool) {
	p := g.pending.get(id)
	if p == nil {
		return d, false
	}
	return p.as(id), true
}

func (p *delivery) as(id StreamID) Delivery {
	return Delivery{id, p.to.name, p.at, p.count}
}

// EachPending calls fn for the deliveries from an ID on until it returns false.
func (g *StreamGroup) EachPending(from StreamID, fn func(d Delivery) bool) {
	g.pending.ascend(from, func(id StreamID, p *delivery) bool { return fn(p.as(id)) })
}

// EachPendingOf is EachPending for the deliveries to one consumer.
func (g *StreamGroup) EachPendingOf(c *StreamConsumer, from StreamID, fn func(d Delivery) bool) {
	c.pending.ascend(from, func(id StreamID, _ *struct{}) bool { return fn(g.pending.get(id).as(id)) })
}

// Name is the consumer's name.
func (c *StreamConsumer) Name() string { return c.name }

// Seen is when the consumer was active last, in Unix milliseconds.
func (c *StreamConsumer) Seen() int64 { return c.seen }

// Pending is the number of its deliveries that are not acknowledged.
func (c *StreamConsumer) Pending() int { return c.pending.n }

func (g *StreamGroup) clone(held *int) *StreamGroup {
	c := &StreamGroup{name: g.name, lastID: g.lastID, read: g.read}
	for _, old := range g.consumers {
		member := &StreamConsumer{name: old.name, seen: old.seen}
		c.consumers = append(c.consumers, member)
		g.EachPendingOf(old, StreamID{}, func(d Delivery) bool {
			member.pending.put(d.ID, struct{}{}, new(int))
			return true
		})
	}
	g.pending.ascend(StreamID{}, func(id StreamID, p *delivery) bool {
		c.pending.put(id, delivery{c.Consumer([]byte(p.to.name)), p.at, p.count}, new(int))
		return true
	})
	*held += c.memUsage() - g.memUsage()
	return c
}

// memUsage is what a stream counts for the group in held.
func (g *StreamGroup) memUsage() int {
	size := groupSize + len(g.name) + g.pending.memUsage()
	for _, c := range g.consumers {
		size += c.memUsage()
	}
	return size
}

func (c *StreamConsumer) memUsage() int { return consumerSize + len(c.name) + c.pending.memUsage() }

// Groups are the groups in the order of their names. It must not be changed.
func (s *Stream) Groups() []*StreamGroup { return s.read().groups }

// Group returns the group with a name, or nil.
func (s *Stream) Group(name []byte) *StreamGroup {
	l := s.read()
	if i, ok := l.findGroup(name); ok {
		return l.groups[i]
	}
	return nil
}

func (l *LargeStream) findGroup(name []byte) (int, bool) {
	return slices.BinarySearchFunc(l.groups, name, func(g *StreamGroup, name []byte) int { return cmp.Compare(g.name, string(name)) })
}

// SetGroup says what a group, which comes to be if it is not there, has read.
func (s *Stream) SetGroup(name []byte, last StreamID, read int64) {
	l := s.write()
	if i, ok := l.findGroup(name); ok {
		g := l.groups[i]
		oldID, oldRead := g.lastID, g.read
		g.lastID, g.read = last, read
		s.remember(func() { g.lastID, g.read = oldID, oldRead })
		return
	}
	g := &StreamGroup{name: string(name), lastID: last, read: read}
	l.addGroup(g)
	s.remember(func() { l.removeGroup(g) })
}

// remember hands out what takes back a change.
func (s *Stream) remember(inverse func()) {
	if s.Remember != nil {
		s.Remember(true, func(*LargeStream) { inverse() })
	}
}

func (l *LargeStream) addGroup(g *StreamGroup) {
	i, _ := l.findGroup([]byte(g.name))
	l.groups = slices.Insert(l.groups, i, g)
	l.held += g.memUsage()
}

func (l *LargeStream) removeGroup(g *StreamGroup) {
	i, _ := l.findGroup([]byte(g.name))
	l.groups = slices.Delete(l.groups, i, i+1)
	l.held -= g.memUsage()
}

// DestroyGroup removes a group and reports whether it was there.
func (s *Stream) DestroyGroup(name []byte) bool {
	g := s.Group(name)
	if g == nil {
		return false
	}
	l := s.large
	l.removeGroup(g)
	s.remember(func() { l.addGroup(g) })
	return true
}

// SetConsumer notes that a consumer of a group that is there, which comes to be if it is new, was active at a time in Unix milliseconds.
func (s *Stream) SetConsumer(group, name []byte, seen int64) {
	l, g := s.large, s.Group(group)
	i, ok := g.find(name)
	if ok {
		c := g.consumers[i]
		old := c.seen
		c.seen = seen
		s.remember(func() { c.seen = old })
		return
	}
	c := &StreamConsumer{name: string(name), seen: seen}
	g.consumers = slices.Insert(g.consumers, i, c)
	l.held += c.memUsage()
	s.remember(func() { l.removeConsumer(g, c) })
}

func (l *LargeStream) removeConsumer(g *StreamGroup, c *StreamConsumer) {
	l.held -= c.memUsage()
	g.consumers = slices.DeleteFunc(g.consumers, func(other *StreamConsumer) bool { return other == c })
}

// DeleteConsumer removes a consumer of a group that is there, with its deliveries, and returns how many these were.
func (s *Stream) DeleteConsumer(group, name []byte) (pending int, ok bool) {
	l, g := s.large, s.Group(group)
	c := g.Consumer(name)
	if c == nil {
		return 0, false
	}
	pending = c.pending.n
	var ids []StreamID
	c.pending.ascend(StreamID{}, func(id StreamID, _ *struct{}) bool { ids = append(ids, id); return true })
	for _, id := range ids {
		s.Acknowledge(group, id)
	}
	l.removeConsumer(g, c)
	s.remember(func() {
		i, _ := g.find([]byte(c.name))
		g.consumers = slices.Insert(g.consumers, i, c)
		l.held += c.memUsage()
	})
	return pending, true
}

// Deliver notes that an entry was delivered to a consumer of a group, both of which are there; to nobody else then.
func (s *Stream) Deliver(group, consumer []byte, d Delivery) {
	l, g := s.large, s.Group(group)
	to := g.Consumer(consumer)
	if s.Remember != nil {
		s.rememberDelivery(g, d.ID)
	}
	l.deliver(g, d.ID, delivery{to, d.At, d.Count})
}

func (l *LargeStream) deliver(g *StreamGroup, id StreamID, d delivery) {
	old := g.pending.get(id)
	if old == nil || old.to != d.to {
		if old != nil {
			old.to.pending.remove(id, &l.held)
		}
		d.to.pending.put(id, struct{}{}, &l.held)
	}
	g.pending.put(id, d, &l.held)
}

// Acknowledge removes the delivery of an entry from a group that is there, and reports whether there was one.
func (s *Stream) Acknowledge(group []byte, id StreamID) bool {
	l, g := s.large, s.Group(group)
	if g.pending.get(id) == nil {
		return false
	}
	if s.Remember != nil {
		s.rememberDelivery(g, id)
	}
	l.acknowledge(g, id)
	return true
}

func (l *LargeStream) acknowledge(g *StreamGroup, id StreamID) {
	g.pending.get(id).to.pending.remove(id, &l.held)
	g.pending.remove(id, &l.held)
}

func (s *Stream) rememberDelivery(g *StreamGroup, id StreamID) {
	l := s.large
	if old := g.pending.get(id); old != nil {
		saved := *old
		s.remember(func() { l.deliver(g, id, saved) })
		return
	}
	s.remember(func() { l.acknowledge(g, id) })
}
