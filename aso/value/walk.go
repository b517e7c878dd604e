package value

import (
	"encoding/binary"
	"math"
)

// Walk is how far the copying of a large value in parts has come; the zero Walk
// is at its beginning. The value may change between two parts: of a hash, a set
// or a sorted set every item that is there throughout is copied at least once.
type Walk struct {
	Index int  // of a list: the elements before it were copied; for the caller to move when these change
	Done  bool // nothing is left to copy

	Stream StreamWalk // of a stream

	cursor  uint64 // of a hash or set, as of scan
	ordered bool   // of a hash: the cursor is the number of a field
	begun   bool   // of a sorted set: the last item copied was
	score   float64
	member  []byte
}

// A part is the form of the value, then items in the layout of Encode.
//
// scattered is what reading an item costs that is found through an index, in
// bytes of sequential copying: about two cache misses.
const scattered = 64

// AppendPart appends a part of the hash, which costs about limit bytes of
// copying, and returns what it cost. It has at least one item, or is the last.
func (l *LargeHash) AppendPart(dst []byte, w *Walk, limit int) (part []byte, cost int) {
	dst = append(dst, largeForm(l.table))
	if l.order != nil {
		w.ordered = true
		return l.appendOrdered(dst, w, limit)
	}
	if w.ordered { // it has lost its order since
		w.ordered, w.cursor = false, 0
	}
	return l.dict.appendPart(dst, w, limit, func(dst, field, value []byte) []byte {
		return appendChunk(appendChunk(dst, field), value)
	})
}

// AppendPart is [LargeHash.AppendPart] of a set.
func (l *LargeSet) AppendPart(dst []byte, w *Walk, limit int) (part []byte, cost int) {
	return l.dict.appendPart(append(dst, largeForm(l.table)), w, limit, func(dst, member, _ []byte) []byte {
		return appendChunk(dst, member)
	})
}

func (d *dict) appendPart(dst []byte, w *Walk, limit int, add func(dst, key, value []byte) []byte) ([]byte, int) {
	const step = 8 // the cost of an empty bucket
	start, items, cost := len(dst), 0, 0
	pass := func(ref uint64) {
		key, value, _ := d.entry(ref)
		dst = add(dst, key, value)
		items++
	}
	for steps := 0; d.n > 0 && (items == 0 || cost < limit); cost = len(dst) - start + items*scattered + steps*step {
		steps++
		if w.cursor = d.scanStep(w.cursor, pass); w.cursor == 0 {
			break
		}
	}
	w.Done = w.cursor == 0 || d.n == 0
	return dst, cost
}

// AppendPart is [LargeHash.AppendPart] of a sorted set. Parts follow the order.
func (l *LargeZSet) AppendPart(dst []byte, w *Walk, limit int) (part []byte, cost int) {
	dst = append(dst, largeForm(l.table))
	rank := 0
	if w.begun {
		rank = l.tree.countWhile(func(it item) bool { return l.until(it, w.member, w.score) })
	}
	var last []byte
	l.ascend(rank, func(member []byte, score float64) bool {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(score))
		dst = appendChunk(dst, member)
		cost += scoreSize + chunkLen(member) + scattered
		last, w.score, w.begun = member, score, true
		rank++
		return cost < limit
	})
	w.member = append(w.member[:0], last...)
	w.Done = rank == l.dict.n
	return dst, cost
}

// AppendPart is [LargeHash.AppendPart] of a list.
func (l *LargeList) AppendPart(dst []byte, w *Walk, limit int) (part []byte, cost int) {
	dst = append(dst, formTable)
	if w.Index < l.n {
		l.ascend(w.Index, func(v []byte) bool {
			dst = appendChunk(dst, v)
			cost += chunkLen(v)
			w.Index++
			return cost < limit
		})
	}
	w.Done = w.Index == l.n
	return dst, cost
}

// Extend sets the fields of a part. It makes the hash large. An error wraps
// [ErrCorrupt].
func (h *Hash) Extend(part []byte) error {
	form, r, err := newPart("hash", part)
	if err != nil {
		return err
	}
	if h.large == nil {
		h.grow(form == formTable)
	}
	if form == formTable {
		h.large.beTable()
	}
	for r.more() {
		field, value := r.chunk(), r.chunk()
		if r.err == nil {
			h.large.set(field, value)
		}
	}
	return r.err
}

// Extend is [Hash.Extend] of a set.
func (s *Set) Extend(part []byte) error {
	form, r, err := newPart("set", part)
	if err != nil {
		return err
	}
	if s.large == nil {
		s.grow()
	}
	s.large.table = s.large.table || form == formTable
	for r.more() {
		if member := r.member(form == formTable); r.err == nil {
			s.large.dict.set(member, nil)
		}
	}
	return r.err
}

// Extend is [Hash.Extend] of a sorted set.
func (z *ZSet) Extend(part []byte) error {
	form, r, err := newPart("sorted set", part)
	if err != nil {
		return err
	}
	if z.large == nil {
		z.grow()
	}
	z.large.table = z.large.table || form == formTable
	for r.more() {
		bits, member := r.bytes(scoreSize), r.chunk()
		if r.err != nil {
			break
		}
		score := getScore(bits)
		if math.IsNaN(score) {
			r.fail("score is not a number")
			break
		}
		z.large.set(member, score)
	}
	return r.err
}

// Extend adds the elements of a part at the end. Otherwise it is [Hash.Extend].
func (l *List) Extend(part []byte) error {
	_, r, err := newPart("list", part)
	if err != nil {
		return err
	}
	if l.large == nil {
		l.grow()
	}
	for r.more() {
		if v := r.chunk(); r.err == nil {
			l.large.pushBack(v)
		}
	}
	return r.err
}

func newPart(kind string, part []byte) (form byte, r *reader, err error) {
	form, r, err = newReader(kind, part)
	if err == nil && form == formPacked {
		r.fail("not a part")
	}
	return form, r, r.err
}

// more reports whether something is left to read, and no error came.
func (r *reader) more() bool { return r.err == nil && r.rest() > 0 }
