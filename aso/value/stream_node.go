package value

import "slices"

// streamNode is a run of entries of a stream in a listpack. Its master entry
// holds the number of entries there and deleted, the number of fields, the
// names of the first entry's fields, and 0. An entry is its flags, the
// differences of its ID to first, the number of fields, names and values, and
// the number of these elements; an entry with the master's fields has only the
// values. The layout is that of Redis.
type streamNode struct {
	first StreamID // of the first entry, deleted or not
	lp    []byte
}

const (
	entryDeleted    = 1
	entrySameFields = 2
)

// streamHead is the decoded master entry of a node.
type streamHead struct {
	live, deleted int64
	fields        int
	fieldsAt      int // where the names start
	entriesAt     int
}

func (d *streamNode) live() int {
	v, _ := lpInt(d.lp, lpHead)
	return int(v)
}

func (d *streamNode) head() (h streamHead) {
	var at int
	h.live, at = lpInt(d.lp, lpHead)
	h.deleted, at = lpInt(d.lp, at)
	fields, at := lpInt(d.lp, at)
	h.fields, h.fieldsAt = int(fields), at
	for range h.fields {
		at = lpSkip(d.lp, at)
	}
	h.entriesAt = lpSkip(d.lp, at)
	return h
}

// setCounts changes the numbers of entries that are there and that are deleted.
func (d *streamNode) setCounts(live, deleted int64) {
	d.lp = lpReplaceInt(d.lp, lpHead, live)
	_, at := lpInt(d.lp, lpHead)
	d.lp = lpReplaceInt(d.lp, at, deleted)
}

// newStreamNode returns an empty node for entries from first on with the fields of pairs.
func newStreamNode(first StreamID, pairs [][]byte, capacity int) streamNode {
	b := NewListpack(slices.Grow([]byte(nil), max(capacity, lpHead+1))) // all that the allocator gives for that
	b = lpAppendInt(b, 0)
	b = lpAppendInt(b, 0)
	b = lpAppendInt(b, int64(len(pairs)/2))
	for i := 0; i < len(pairs); i += 2 {
		b = AppendListpack(b, pairs[i])
	}
	return streamNode{first, lpAppendInt(b, 0)}
}

// add appends an entry whose ID is above all others'.
func (d *streamNode) add(id StreamID, pairs [][]byte) {
	h := d.head()
	same := d.hasFields(&h, pairs)
	d.lp = lpReplaceInt(d.lp, lpHead, h.live+1)
	flags, elements, n := int64(0), 4+len(pairs), len(pairs)/2
	if same {
		flags, elements = entrySameFields, 3+n
	}
	b := lpAppendInt(d.lp, flags)
	b = lpAppendInt(b, int64(id.Ms-d.first.Ms))
	b = lpAppendInt(b, int64(id.Seq-d.first.Seq))
	if !same {
		b = lpAppendInt(b, int64(n))
	}
	for i, s := range pairs {
		if !same || i%2 == 1 {
			b = AppendListpack(b, s)
		}
	}
	d.lp = lpAppendInt(b, int64(elements))
}

// hasFields reports whether the fields of pairs are those of the master entry.
func (d *streamNode) hasFields(h *streamHead, pairs [][]byte) bool {
	if h.fields != len(pairs)/2 {
		return false
	}
	var buf [intText]byte
	at := h.fieldsAt
	for i := 0; i < len(pairs); i += 2 {
		var name []byte
		if name, at = lpText(d.lp, at, &buf); string(name) != string(pairs[i]) {
			return false
		}
	}
	return true
}

// StreamEntry is an entry of a stream. It is valid until the next change of
// the stream, or the next entry that a callback gets.
type StreamEntry struct {
	ID StreamID

	lp       []byte
	flags    int64
	at       int // where the flags stand
	fields   int
	fieldsAt int // in the master entry, if it has these fields
	valuesAt int // else where names and values stand
	behind   int // where these end, if that is known
	text     [2][intText]byte
}

// Len is the number of fields.
func (e *StreamEntry) Len() int { return e.fields }

// Each calls fn for the fields and values in order.
func (e *StreamEntry) Each(fn func(field, v []byte)) {
	names, at := e.fieldsAt, e.valuesAt
	same := e.flags&entrySameFields != 0
	for range e.fields {
		var field, v []byte
		if same {
			field, names = lpText(e.lp, names, &e.text[0])
		} else {
			field, at = lpText(e.lp, at, &e.text[0])
		}
		v, at = lpText(e.lp, at, &e.text[1])
		fn(field, v)
	}
	e.behind = at
}

// read decodes the entry at at, without its strings.
func (e *StreamEntry) read(d *streamNode, h *streamHead, at int) {
	e.lp, e.at = d.lp, at
	var ms, seq int64
	e.flags, at = lpInt(d.lp, at)
	ms, at = lpInt(d.lp, at)
	seq, at = lpInt(d.lp, at)
	e.ID = StreamID{d.first.Ms + uint64(ms), d.first.Seq + uint64(seq)}
	e.fields, e.fieldsAt = h.fields, h.fieldsAt
	if e.flags&entrySameFields == 0 {
		var n int64
		n, at = lpInt(d.lp, at)
		e.fields = int(n)
	}
	e.valuesAt, e.behind = at, 0
}

// next returns where the entry behind e starts.
func (e *StreamEntry) next() int {
	at := e.behind
	if at == 0 {
		n := e.fields
		if e.flags&entrySameFields == 0 {
			n *= 2
		}
		at = e.valuesAt
		for range n {
			at = lpSkip(e.lp, at)
		}
	}
	return lpSkip(e.lp, at) // the number of elements
}

// before returns where the entry in front of byte at starts.
func (d *streamNode) before(at int) int {
	at = lpBefore(d.lp, at)
	elements, _ := lpInt(d.lp, at)
	for range elements {
		at = lpBefore(d.lp, at)
	}
	return at
}

// last returns the ID of the last entry, deleted or not.
func (d *streamNode) last() StreamID {
	at := d.before(len(d.lp) - 1)
	_, at = lpInt(d.lp, at)
	ms, at := lpInt(d.lp, at)
	seq, _ := lpInt(d.lp, at)
	return StreamID{d.first.Ms + uint64(ms), d.first.Seq + uint64(seq)}
}

// top is the greatest ID of the entries that are there; that of the node if there is none.
func (d *streamNode) top() StreamID {
	top := d.first
	d.descend(MaxStreamID, new(StreamEntry), func(e *StreamEntry) bool { top = e.ID; return false })
	return top
}

// ascend calls fn for the entries from an ID on, deleted ones left out, until it returns false.
func (d *streamNode) ascend(from StreamID, e *StreamEntry, fn func(*StreamEntry) bool) bool {
	h := d.head()
	for at := h.entriesAt; at < len(d.lp)-1; at = e.next() {
		e.read(d, &h, at)
		if e.flags&entryDeleted == 0 && !e.ID.Less(from) && !fn(e) {
			return false
		}
	}
	return true
}

// descend is ascend downwards.
func (d *streamNode) descend(from StreamID, e *StreamEntry, fn func(*StreamEntry) bool) bool {
	h := d.head()
	for at := len(d.lp) - 1; at > h.entriesAt; {
		at = d.before(at)
		e.read(d, &h, at)
		if e.flags&entryDeleted == 0 && !from.Less(e.ID) && !fn(e) {
			return false
		}
	}
	return true
}
