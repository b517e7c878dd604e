package value

import (
	"encoding/binary"
	"slices"
)

// Encode appends the stream for [Stream.Decode].
func (s *Stream) Encode(dst []byte) []byte {
	l := s.read()
	dst = append(dst, formTable)
	dst = appendStreamID(dst, l.lastID)
	dst = appendStreamID(dst, l.maxDeleted)
	dst = binary.AppendVarint(dst, l.added)
	dst = binary.AppendUvarint(dst, uint64(len(l.active())))
	for i := range l.active() {
		d := &l.active()[i]
		dst = appendStreamID(dst, d.first)
		dst = appendChunk(dst, d.lp)
	}
	dst = binary.AppendUvarint(dst, uint64(len(l.groups)))
	for _, g := range l.groups {
		dst = g.encode(dst)
	}
	return dst
}

func appendStreamID(dst []byte, id StreamID) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, id.Ms), id.Seq)
}

func (g *StreamGroup) encode(dst []byte) []byte {
	dst = appendChunk(dst, []byte(g.name))
	dst = appendStreamID(dst, g.lastID)
	dst = binary.AppendVarint(dst, g.read)
	dst = binary.AppendUvarint(dst, uint64(len(g.consumers)))
	for _, c := range g.consumers {
		dst = appendChunk(dst, []byte(c.name))
		dst = binary.AppendVarint(dst, c.seen)
		dst = binary.AppendUvarint(dst, uint64(c.pending.n))
		g.EachPendingOf(c, StreamID{}, func(d Delivery) bool {
			dst = appendStreamID(dst, d.ID)
			dst = binary.AppendVarint(dst, d.At)
			dst = binary.AppendVarint(dst, d.Count)
			return true
		})
	}
	return dst
}

// Decode loads what Encode made. After an error, which wraps [ErrCorrupt], the cursor is empty.
func (s *Stream) Decode(b []byte, _ *Limits) error {
	s.Reset()
	_, r, err := newReader("stream", b)
	if err != nil {
		return err
	}
	l := &LargeStream{}
	l.lastID, l.maxDeleted, l.added = r.streamID(), r.streamID(), r.varint()
	for n := r.length(); len(l.nodes) < n && r.err == nil; {
		l.decodeNode(r)
	}
	for n := r.length(); len(l.groups) < n && r.err == nil; {
		l.decodeGroup(r)
	}
	if err := r.end(); err != nil {
		return err
	}
	s.large = l
	return nil
}

func (l *LargeStream) decodeNode(r *reader) {
	d := streamNode{first: r.streamID(), lp: slices.Clone(r.chunk())}
	if r.err != nil {
		return
	}
	l.decoded(r, d)
}

// decoded adds a node to the end if it can stand there.
func (l *LargeStream) decoded(r *reader, d streamNode) {
	last, ok := d.check()
	if nodes := l.active(); !ok || l.lastID.Less(last) || len(nodes) > 0 && !nodes[len(nodes)-1].top().Less(d.first) {
		r.fail("bad node")
		return
	}
	l.length += d.live()
	l.nodes = append(l.nodes, d)
	l.held += cap(d.lp)
}

func (l *LargeStream) decodeGroup(r *reader) {
	g := &StreamGroup{name: string(r.chunk()), lastID: r.streamID(), read: r.varint()}
	if n := len(l.groups); n > 0 && l.groups[n-1].name >= g.name {
		r.fail("groups out of order")
	}
	l.groups = append(l.groups, g)
	for n := r.length(); len(g.consumers) < n && r.err == nil; {
		c := &StreamConsumer{name: string(r.chunk()), seen: r.varint()}
		if n := len(g.consumers); n > 0 && g.consumers[n-1].name >= c.name {
			r.fail("consumers out of order")
		}
		g.consumers = append(g.consumers, c)
		l.decodePending(r, g, c)
	}
	l.held += groupSize + len(g.name)
}

func (l *LargeStream) decodePending(r *reader, g *StreamGroup, c *StreamConsumer) {
	for n := r.length(); c.pending.n < n && r.err == nil; {
		id, d := r.streamID(), delivery{c, r.varint(), r.varint()}
		if g.pending.get(id) != nil {
			r.fail("delivered twice")
			return
		}
		l.deliver(g, id, d)
	}
	l.held += consumerSize + len(c.name)
}

func (r *reader) streamID() StreamID { return StreamID{r.uvarint(), r.uvarint()} }

func (r *reader) uvarint() uint64 {
	v, size := binary.Uvarint(r.all[r.at:])
	if r.err != nil || size <= 0 {
		r.fail("bad number")
		return 0
	}
	r.at += size
	return v
}

func (r *reader) varint() int64 {
	v, size := binary.Varint(r.all[r.at:])
	if r.err != nil || size <= 0 {
		r.fail("bad number")
		return 0
	}
	r.at += size
	return v
}

// check verifies a node from outside and returns the ID of its last entry that is not deleted, the zero ID if there is none. Deleted ones need not be
// in order: when they are the last, XSETID lets IDs go on below them.
func (d *streamNode) check() (last StreamID, ok bool) {
	c := lpChecker{b: d.lp}
	if !c.head() {
		return last, false
	}
	live, deleted, fields := c.int(), c.int(), c.count()
	c.skip(fields)
	if c.int() != 0 {
		return last, false
	}
	var seen [2]int64 // entries there and deleted
	for !c.bad && c.at < len(d.lp)-1 {
		flags, id := c.int(), StreamID{d.first.Ms + uint64(c.int()), d.first.Seq + uint64(c.int())}
		elements := 3 + fields
		if flags&entrySameFields == 0 {
			n := c.count()
			c.skip(2 * n)
			elements = 4 + 2*n
		} else {
			c.skip(fields)
		}
		live := flags&entryDeleted == 0
		if c.int() != int64(elements) || flags>>2 != 0 || id.Less(d.first) || live && seen[0] > 0 && !last.Less(id) {
			return last, false
		}
		if live {
			last = id
		}
		seen[flags&entryDeleted]++
	}
	return last, !c.bad && seen == [2]int64{live, deleted} && live+deleted > 0
}

// lpChecker reads the elements of a listpack that may be damaged.
type lpChecker struct {
	b   []byte
	at  int
	bad bool
}

func (c *lpChecker) head() bool {
	c.at = lpHead
	n := len(c.b)
	return n > lpHead && c.b[n-1] == lpEnd && binary.LittleEndian.Uint32(c.b) == uint32(n)
}

// size is the size of the element at at, with the size behind it, 0 if that is not all there.
func (c *lpChecker) size() int {
	rest := len(c.b) - 1 - c.at
	if c.bad || rest < 2 {
		return 0
	}
	head, n := 1, 0
	switch b := c.b[c.at]; {
	case b < 0x80:
	case b>>6 == 2:
		n = int(b & 0x3f)
	case b>>5 == 6:
		head = 2
	case b>>4 == 0xe:
		head, n = 2, int(b&0x0f)<<8|int(c.b[c.at+1])
	case b == lpString32:
		if rest < 5 {
			return 0
		}
		head, n = 5, int(binary.LittleEndian.Uint32(c.b[c.at+1:]))
	case b <= lpInt64:
		head = [...]int{3, 4, 5, 9}[b-lpInt16]
	default:
		return 0
	}
	size := head + n
	total := size + lpSizeLen(size)
	if total > rest || string(lpAppendSize(nil, size)) != string(c.b[c.at+size:c.at+total]) {
		return 0
	}
	return total
}

func (c *lpChecker) next() (at int) {
	n := c.size()
	if n == 0 {
		c.bad = true
	}
	at = c.at
	c.at += n
	return at
}

func (c *lpChecker) skip(n int) {
	for i := 0; i < n && !c.bad; i++ {
		c.next()
	}
}

func (c *lpChecker) int() int64 {
	at := c.next()
	if c.bad {
		return -1
	}
	if _, _, ok := lpString(c.b, at); ok {
		c.bad = true
		return -1
	}
	v, _ := lpInt(c.b, at)
	return v
}

// count reads a number of elements, each of which takes at least two bytes.
func (c *lpChecker) count() int {
	n := c.int()
	if n < 0 || n > int64(len(c.b)) {
		c.bad = true
		return 0
	}
	return int(n)
}
