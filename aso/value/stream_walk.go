package value

import (
	"encoding/binary"
	"slices"
)

// StreamWalk is how far the copying of a stream in parts has come: its nodes in
// their order, then its groups by name; of a group first the consumers by name,
// then the deliveries by ID.
type StreamWalk struct {
	begun   bool     // a node was copied
	last    StreamID // of it, the last entry that was there
	end     StreamID // of it, the last entry, deleted or not
	entries bool     // all nodes were

	group     string // the group at work, if there is one
	inGroup   bool
	whole     bool   // it is complete
	consumer  string // the last one copied, if there is one
	inMembers bool
	members   bool     // all were
	next      StreamID // the deliveries from it on are to be copied
}

// HasEntries reports whether all entries were copied, so that changes of them are to be made in the copy.
func (w *StreamWalk) HasEntries() bool { return w.entries }

// HasEntry reports whether the entry id was copied, if it was there already.
func (w *StreamWalk) HasEntry(id StreamID) bool { return w.entries || w.begun && !w.last.Less(id) }

// HasGroup reports whether a group was copied, at least in part, if it was there already.
func (w *StreamWalk) HasGroup(name string) bool { return w.inGroup && name <= w.group }

// HasConsumers reports whether those of a group were copied, too.
func (w *StreamWalk) HasConsumers(group string) bool {
	return w.inGroup && (group < w.group || group == w.group && w.members)
}

// A part of a stream is what it knows beside its entries, then items of these forms:
const (
	partNode     = iota // first ID, listpack: the next node, or the last one as it is now
	partGroup           // name, last ID, entries read
	partConsumer        // of the group before it: name, when it was seen
	partDelivery        // of the group before it: consumer, ID, time, count
)

// streamPart is a part that is being made.
type streamPart struct {
	dst   []byte
	w     *StreamWalk
	cost  int
	limit int
}

// full reports whether no item is to be added any more.
func (p *streamPart) full() bool { return p.cost >= p.limit }

// added adds to the cost of the part what was appended to its first n bytes.
func (p *streamPart) added(n int) { p.cost += len(p.dst) - n + scattered }

// AppendPart is [LargeHash.AppendPart] of a stream. If its last ID is set to one below the last entry copied, for its IDs to begin anew, the walk must too.
func (l *LargeStream) AppendPart(dst []byte, w *Walk, limit int) (part []byte, cost int) {
	dst = append(dst, formTable)
	dst = appendStreamID(dst, l.lastID)
	dst = appendStreamID(dst, l.maxDeleted)
	dst = binary.AppendVarint(dst, l.added)
	p := &streamPart{dst: dst, w: &w.Stream, limit: limit}
	if !w.Stream.entries {
		w.Stream.entries = l.appendNodes(p)
	}
	w.Done = w.Stream.entries && l.appendGroups(p)
	return p.dst, p.cost
}

// appendNodes appends the next nodes, and reports whether these were the last. If the nodes behind the last one that was copied went, new entries
// may have come to that, and gone: then it is appended once more.
func (l *LargeStream) appendNodes(p *streamPart) (done bool) {
	nodes, i := l.active(), 0
	if p.w.begun {
		if i = l.nodeOf(p.w.last); i < 0 || !p.w.last.Less(nodes[i].top()) && !p.w.end.Less(nodes[i].last()) {
			i++
		}
	}
	for ; i < len(nodes); i++ {
		if p.full() {
			return false
		}
		n := len(p.dst)
		p.dst = appendStreamID(append(p.dst, partNode), nodes[i].first)
		p.dst = appendChunk(p.dst, nodes[i].lp)
		p.added(n)
		p.w.begun, p.w.last, p.w.end = true, nodes[i].top(), nodes[i].last()
	}
	return true
}

func (l *LargeStream) appendGroups(p *streamPart) (done bool) {
	i, w := 0, p.w
	if w.inGroup {
		found := false
		if i, found = l.findGroup([]byte(w.group)); !found {
			w.whole = true
		} else if w.whole {
			i++
		}
	}
	for ; i < len(l.groups); i++ {
		if p.full() {
			return false
		}
		g, n := l.groups[i], len(p.dst)
		p.dst = appendChunk(append(p.dst, partGroup), []byte(g.name))
		p.dst = binary.AppendVarint(appendStreamID(p.dst, g.lastID), g.read)
		if !w.inGroup || w.whole { // else it is only named again, and the part has none of its items yet
			*w = StreamWalk{begun: w.begun, last: w.last, entries: true, group: g.name, inGroup: true}
			p.added(n)
		}
		if w.whole = g.appendConsumers(p) && g.appendDeliveries(p); !w.whole {
			return false
		}
	}
	return true
}

func (g *StreamGroup) appendConsumers(p *streamPart) (done bool) {
	w, i := p.w, 0
	if w.inMembers {
		found := false
		if i, found = g.find([]byte(w.consumer)); found {
			i++
		}
	}
	for ; !w.members && i < len(g.consumers); i++ {
		if p.full() {
			return false
		}
		n, c := len(p.dst), g.consumers[i]
		p.dst = appendChunk(append(p.dst, partConsumer), []byte(c.name))
		p.dst = binary.AppendVarint(p.dst, c.seen)
		p.added(n)
		w.inMembers, w.consumer = true, c.name
	}
	w.members = true
	return true
}

func (g *StreamGroup) appendDeliveries(p *streamPart) (done bool) {
	done = true
	g.pending.ascend(p.w.next, func(id StreamID, d *delivery) bool {
		if p.full() {
			p.w.next, done = id, false
			return false
		}
		n := len(p.dst)
		p.dst = appendChunk(append(p.dst, partDelivery), []byte(d.to.name))
		p.dst = appendStreamID(p.dst, id)
		p.dst = binary.AppendVarint(binary.AppendVarint(p.dst, d.at), d.count)
		p.added(n)
		return true
	})
	return done
}

// Extend is [Hash.Extend] of a stream.
func (s *Stream) Extend(part []byte) error {
	_, r, err := newPart("stream", part)
	if err != nil {
		return err
	}
	l := s.write()
	l.lastID, l.maxDeleted, l.added = r.streamID(), r.streamID(), r.varint()
	var g *StreamGroup
	for r.more() {
		switch form := r.bytes(1)[0]; {
		case form == partNode:
			l.extendNode(r)
		case form == partGroup:
			g = s.extendGroup(r)
		case form == partConsumer && g != nil:
			s.extendConsumer(r, g)
		case form == partDelivery && g != nil:
			l.extendDelivery(r, g)
		default:
			r.fail("bad item")
		}
	}
	if n := len(l.active()); r.err == nil && n > 0 && l.lastID.Less(s.TopID()) {
		r.fail("last ID below the last entry")
	}
	return r.err
}

func (l *LargeStream) extendNode(r *reader) {
	d := streamNode{first: r.streamID(), lp: slices.Clone(r.chunk())}
	if r.err != nil {
		return
	}
	nodes := l.active()
	if n := len(nodes); n > 0 && nodes[n-1].first == d.first {
		l.length -= nodes[n-1].live()
		l.removeNodes(n-1, n)
	}
	l.decoded(r, d)
}

func (s *Stream) extendGroup(r *reader) *StreamGroup {
	name, last, read := r.chunk(), r.streamID(), r.varint()
	if r.err != nil {
		return nil
	}
	s.SetGroup(name, last, read)
	return s.Group(name)
}

func (s *Stream) extendConsumer(r *reader, g *StreamGroup) {
	if name, seen := r.chunk(), r.varint(); r.err == nil {
		s.SetConsumer([]byte(g.name), name, seen)
	}
}

func (l *LargeStream) extendDelivery(r *reader, g *StreamGroup) {
	c, id, d := g.Consumer(r.chunk()), r.streamID(), delivery{at: r.varint(), count: r.varint()}
	if c == nil {
		r.fail("delivered to nobody")
		return
	}
	d.to = c
	if r.err == nil {
		l.deliver(g, id, d)
	}
}
