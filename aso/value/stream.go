package value

import (
	"slices"
	"sort"
)

// Stream is a cursor over a stream: entries in the order of their IDs, and
// groups of consumers with what was delivered to them. It has no packed form,
// and an empty one is a value like others.
type Stream struct {
	// Remember, if it is set, is called with what takes back each change, to
	// be run in reverse order. It is nil where nobody wants that. A change of
	// entries is taken back in the stream that inverse gets: this one, or what
	// its [LargeStream.Entries] were after the change. One of groups is in
	// this stream.
	Remember func(ofGroups bool, inverse func(l *LargeStream))

	large *LargeStream
	entry StreamEntry
	edge  StreamEntry // of FirstID and TopID, which may be asked for in a walk
}

// LargeStream is a stream. Seeks take O(log nodes) and a walk through a node.
type LargeStream struct {
	streamMeta
	nodes  []streamNode // those in use are nodes[first:]
	first  int
	groups []*StreamGroup // by name
	held   int            // bytes of memory in nodes and groups
}

// streamMeta is what a stream knows beside its entries.
type streamMeta struct {
	length     int
	lastID     StreamID // of the entry added last, or what was set
	maxDeleted StreamID // the greatest one that Delete removed
	added      int64    // entries ever
}

var noStream LargeStream // what an empty cursor reads

// Load makes the cursor work on a stream that Encode made, which it copies.
func (s *Stream) Load(b []byte) {
	if s.Decode(b, nil) != nil {
		s.Reset()
	}
}

// LoadLarge makes the cursor work on a stream.
func (s *Stream) LoadLarge(large *LargeStream) { s.Reset(); s.large = large }

// Reset makes the cursor an empty stream.
func (s *Stream) Reset() { s.large, s.Remember = nil, nil }

// Packed is nil: a stream has no packed form.
func (s *Stream) Packed() []byte { return nil }

// Large is the stream, nil before the first change of an empty one.
func (s *Stream) Large() *LargeStream { return s.large }

// Encoding is what OBJECT ENCODING says.
func (s *Stream) Encoding() string { return "stream" }

// MemUsage is the memory held in bytes.
func (s *Stream) MemUsage() int { return s.read().MemUsage() }

// MemUsage is the memory held in bytes.
func (l *LargeStream) MemUsage() int {
	const self, nodeHeader = 128, 40
	return self + nodeHeader*cap(l.nodes) + 8*cap(l.groups) + l.held
}

// Len is the number of entries.
func (s *Stream) Len() int { return s.read().length }

// LastID is the ID of the entry added last, also if it is there no more.
func (s *Stream) LastID() StreamID { return s.read().lastID }

// MaxDeletedID is the greatest ID that Delete has removed.
func (s *Stream) MaxDeletedID() StreamID { return s.read().maxDeleted }

// Added is the number of entries ever added.
func (s *Stream) Added() int64 { return s.read().added }

// Nodes is the number of nodes that hold the entries.
func (s *Stream) Nodes() int { return len(s.read().active()) }

// EachNode calls fn for the nodes in order: a listpack of entries as in Redis, and the ID that those in it are differences to.
func (s *Stream) EachNode(fn func(first StreamID, listpack []byte)) {
	for i := range s.read().active() {
		d := &s.large.active()[i]
		fn(d.first, d.lp)
	}
}

func (s *Stream) read() *LargeStream {
	if s.large == nil {
		return &noStream
	}
	return s.large
}

// write is the stream to change.
func (s *Stream) write() *LargeStream {
	if s.large == nil {
		s.large = &LargeStream{}
	}
	return s.large
}

func (l *LargeStream) active() []streamNode { return l.nodes[l.first:] }

// Clone is a deep copy.
func (l *LargeStream) Clone() *LargeStream {
	c := &LargeStream{streamMeta: l.streamMeta, nodes: slices.Clone(l.active()), held: l.held}
	for i := range c.nodes {
		d := &c.nodes[i]
		c.held -= cap(d.lp)
		d.lp = slices.Clone(d.lp)
		c.held += cap(d.lp)
	}
	for _, g := range l.groups {
		c.groups = append(c.groups, g.clone(&c.held))
	}
	return c
}

// Entries is a copy without the groups, which shares the entries until l changes: it is for what Remember was called with, and for reading.
func (l *LargeStream) Entries() *LargeStream {
	return &LargeStream{streamMeta: l.streamMeta, nodes: slices.Clone(l.active())}
}

// SetMeta sets what a stream knows beside its entries.
func (s *Stream) SetMeta(last StreamID, added int64, maxDeleted StreamID) {
	l := s.write()
	s.rememberMeta()
	l.lastID, l.added, l.maxDeleted = last, added, maxDeleted
}

func (s *Stream) rememberMeta() {
	if s.Remember != nil {
		meta := s.large.streamMeta
		s.Remember(false, func(l *LargeStream) { l.streamMeta = meta })
	}
}

// Append adds an entry, whose ID is above LastID, with fields and values in turn.
func (s *Stream) Append(lim *Limits, id StreamID, pairs [][]byte) {
	l := s.write()
	n, all := len(l.active()), len(l.active())
	for n > 0 && !l.active()[n-1].first.Less(id) { // a trim left it without an entry, and then IDs went back
		n--
	}
	s.rememberMeta()
	s.rememberNodes(max(n-1, 0), all)
	if n < all {
		l.removeNodes(n, all)
	}
	if n == 0 || l.active()[n-1].full(lim, pairs) {
		capacity := 64 // of the first node; the others become about as large as the one before
		if n > 0 {
			before := &l.active()[n-1]
			l.shrink(before)
			capacity = len(before.lp)
		}
		l.nodes = append(l.nodes, newStreamNode(id, pairs, capacity))
		l.held += cap(l.nodes[len(l.nodes)-1].lp)
	}
	d := &l.nodes[len(l.nodes)-1]
	l.held -= cap(d.lp)
	d.add(id, pairs)
	l.held += cap(d.lp)
	l.length++
	l.added++
	l.lastID = id
}

// maxNode is the size of a node that no limit may exceed.
const maxNode = 1 << 30

// NextID is the ID of an entry that is added at a time in Unix milliseconds; ok is false if no ID is left.
func (s *Stream) NextID(now int64) (id StreamID, ok bool) {
	last := s.read().lastID
	if id = (StreamID{Ms: uint64(now)}); last.Less(id) {
		return id, true
	}
	return last.Next()
}

// full reports whether an entry is to go to a new node.
func (d *streamNode) full(lim *Limits, pairs [][]byte) bool {
	size := len(d.lp)
	for _, s := range pairs {
		size += len(s)
	}
	most := lim.StreamNodeMaxBytes
	if most == 0 || most > maxNode {
		most = maxNode
	}
	if size >= most {
		return true
	}
	live, at := lpInt(d.lp, lpHead)
	deleted, _ := lpInt(d.lp, at)
	return lim.StreamNodeMaxEntries > 0 && live+deleted >= int64(lim.StreamNodeMaxEntries)
}

// shrink gives back memory that a node which stays as it is does not need.
func (l *LargeStream) shrink(d *streamNode) {
	if cap(d.lp)-len(d.lp) > len(d.lp)/8 { // less is the allocator's own
		l.held -= cap(d.lp)
		d.lp = slices.Clone(d.lp)
		l.held += cap(d.lp)
	}
}

// Delete removes the entry id and reports whether it was there.
func (s *Stream) Delete(id StreamID) bool {
	l := s.read()
	i := l.nodeOf(id)
	if i < 0 {
		return false
	}
	d := &l.active()[i]
	e, ok := d.find(id, &s.entry)
	if !ok {
		return false
	}
	s.rememberMeta()
	s.rememberNodes(i, i+1)
	h := d.head()
	if h.live == 1 {
		l.removeNodes(i, i+1)
	} else {
		l.held -= cap(d.lp)
		d.lp = lpReplaceInt(d.lp, e.at, e.flags|entryDeleted)
		d.setCounts(h.live-1, h.deleted+1)
		l.held += cap(d.lp)
	}
	l.length--
	if l.maxDeleted.Less(id) {
		l.maxDeleted = id
	}
	return true
}

// find returns the entry id, which must not be deleted.
func (d *streamNode) find(id StreamID, e *StreamEntry) (*StreamEntry, bool) {
	found := false
	d.ascend(id, e, func(e *StreamEntry) bool {
		found = e.ID == id
		return false
	})
	return e, found
}

// removeNodes drops the active nodes from i up to but not including j.
func (l *LargeStream) removeNodes(i, j int) {
	for _, d := range l.active()[i:j] {
		l.held -= cap(d.lp)
	}
	if i > 0 {
		l.nodes = slices.Delete(l.nodes, l.first+i, l.first+j)
		return
	}
	clear(l.active()[:j])
	l.first += j
	if l.first > len(l.nodes)/2+8 {
		l.nodes, l.first = append([]streamNode(nil), l.active()...), 0
	}
}

// rememberNodes lets the nodes from i up to but not including j, and what is added behind, become again what they are.
func (s *Stream) rememberNodes(i, j int) {
	if s.Remember == nil {
		return
	}
	l := s.large
	saved := slices.Clone(l.active()[i:j])
	for k := range saved {
		saved[k].lp = slices.Clone(saved[k].lp)
	}
	s.restoreNodes(i, len(l.active())-j, saved)
}

// restoreNodes lets saved take the place of all nodes but the first i and the last rest.
func (s *Stream) restoreNodes(i, rest int, saved []streamNode) {
	s.Remember(false, func(l *LargeStream) {
		now := l.active()
		nodes := slices.Concat(now[:i], saved, now[len(now)-rest:])
		for _, d := range now[i : len(now)-rest] {
			l.held -= cap(d.lp)
		}
		for _, d := range saved {
			l.held += cap(d.lp)
		}
		l.nodes, l.first = nodes, 0
	})
}

// nodeOf returns the index of the active node where id would be, -1 if it is below all.
func (l *LargeStream) nodeOf(id StreamID) int {
	nodes := l.active()
	return sort.Search(len(nodes), func(i int) bool { return id.Less(nodes[i].first) }) - 1
}

// Ascend calls fn for the entries from an ID on until it returns false.
func (s *Stream) Ascend(from StreamID, fn func(e *StreamEntry) bool) {
	l := s.read()
	nodes := l.active()
	for i := max(l.nodeOf(from), 0); i < len(nodes); i++ {
		if !nodes[i].ascend(from, &s.entry, fn) {
			return
		}
	}
}

// Descend calls fn for the entries from an ID downwards until it returns false.
func (s *Stream) Descend(from StreamID, fn func(e *StreamEntry) bool) {
	l := s.read()
	for i := l.nodeOf(from); i >= 0; i-- {
		if !l.active()[i].descend(from, &s.entry, fn) {
			return
		}
	}
}

// Get returns the entry id.
func (s *Stream) Get(id StreamID) (*StreamEntry, bool) {
	l := s.read()
	i := l.nodeOf(id)
	if i < 0 {
		return nil, false
	}
	return l.active()[i].find(id, &s.entry)
}

// FirstID is the least ID of the entries; the zero ID if there is none.
func (s *Stream) FirstID() (id StreamID) {
	for _, d := range s.read().active() {
		if !d.ascend(StreamID{}, &s.edge, func(e *StreamEntry) bool { id = e.ID; return false }) {
			break
		}
	}
	return id
}

// TopID is the greatest ID of the entries; the zero ID if there is none.
func (s *Stream) TopID() (id StreamID) {
	for _, d := range slices.Backward(s.read().active()) {
		if !d.descend(MaxStreamID, &s.edge, func(e *StreamEntry) bool { id = e.ID; return false }) {
			break
		}
	}
	return id
}
