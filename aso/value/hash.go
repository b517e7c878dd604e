package value

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
)

// Hash is a cursor over a map from fields to values. Packed it keeps the order
// of insertion: after the count, each field and its value with their lengths.
type Hash struct {
	p     packed
	large *LargeHash
}

// Load makes the cursor read a packed hash, which it borrows until Reset.
func (h *Hash) Load(b []byte) { h.large = nil; h.p.load(b) }

// LoadLarge makes the cursor work on a large hash.
func (h *Hash) LoadLarge(l *LargeHash) { h.Reset(); h.large = l }

// Reset makes the cursor an empty packed hash.
func (h *Hash) Reset() { h.large = nil; h.p.clear() }

// Packed is the packed hash, or nil when it is large.
func (h *Hash) Packed() []byte {
	if h.large != nil {
		return nil
	}
	return h.p.bytes()
}

// Large is the large hash, or nil when it is packed.
func (h *Hash) Large() *LargeHash { return h.large }

// Encoding is what OBJECT ENCODING says.
func (h *Hash) Encoding() string {
	if h.large != nil && h.large.table {
		return "hashtable"
	}
	return "listpack"
}

// MemUsage is the memory held in bytes.
func (h *Hash) MemUsage() int {
	if h.large != nil {
		return h.large.MemUsage()
	}
	return len(h.p.b)
}

// Len is the number of fields.
func (h *Hash) Len() int {
	if h.large != nil {
		return h.large.dict.n
	}
	return h.p.count()
}

// Get returns a field's value.
func (h *Hash) Get(field []byte) (value []byte, ok bool) {
	if h.large != nil {
		return h.large.dict.get(field)
	}
	if _, at, _ := h.find(field); at > 0 {
		value, _ = chunk(h.p.b, at)
		return value, true
	}
	return nil, false
}

// find returns where a packed field, its value and the next field start; 0 if
// there is no such field.
func (h *Hash) find(field []byte) (start, value, end int) {
	b := h.p.b
	for at := countSize; at < len(b); {
		n, next := uvarint(b, at)
		value := next + n
		size, start := uvarint(b, value)
		if n == len(field) && bytes.Equal(b[next:value], field) {
			return at, value, start + size
		}
		at = start + size
	}
	return 0, 0, 0
}

// Set gives a field a value.
func (h *Hash) Set(lim *Limits, field, value []byte) (created bool) {
	if h.large == nil && !h.fits(lim, field, value) {
		h.grow(h.tooLong(lim, field, value))
	}
	if h.large == nil {
		created = h.setPacked(field, value)
		if h.p.count() > lim.HashMaxListpackEntries {
			h.grow(true)
		}
		return created
	}
	created = h.large.set(field, value)
	if l := h.large; !l.table && (h.tooLong(lim, field, value) || l.dict.n > lim.HashMaxListpackEntries) {
		l.beTable()
	}
	return created
}

func (h *Hash) tooLong(lim *Limits, field, value []byte) bool {
	return len(field) > lim.HashMaxListpackValue || len(value) > lim.HashMaxListpackValue
}

// fits reports whether the hash can stay packed while a field is set.
func (h *Hash) fits(lim *Limits, field, value []byte) bool {
	if h.tooLong(lim, field, value) || h.p.count() == maxPackedEntries {
		return false
	}
	need := countSize + len(h.p.b) + chunkLen(field) + chunkLen(value)
	if need <= lim.PackedMax {
		return true
	}
	start, _, end := h.find(field)
	return need-(end-start) <= lim.PackedMax
}

func (h *Hash) setPacked(field, value []byte) (created bool) {
	if _, at, end := h.find(field); at > 0 {
		h.p.splice(at, end-at, chunkLen(value))
		putChunk(h.p.b[at:], value)
		return false
	}
	h.p.start()
	at := len(h.p.b)
	h.p.splice(at, 0, chunkLen(field)+chunkLen(value))
	at += putChunk(h.p.b[at:], field)
	putChunk(h.p.b[at:], value)
	h.p.addCount(1)
	return true
}

// Delete removes a field.
func (h *Hash) Delete(field []byte) bool {
	if h.large != nil {
		return h.large.delete(field)
	}
	start, _, end := h.find(field)
	if start == 0 {
		return false
	}
	h.p.splice(start, end-start, 0)
	h.p.addCount(-1)
	return true
}

// Each calls fn for every field until it returns false.
func (h *Hash) Each(fn func(field, value []byte) bool) {
	if h.large != nil {
		h.large.each(fn)
		return
	}
	eachPair(h.p.b, fn)
}

func eachPair(b []byte, fn func(field, value []byte) bool) {
	for at := countSize; at < len(b); {
		field, next := chunk(b, at)
		value, next := chunk(b, next)
		if !fn(field, value) {
			return
		}
		at = next
	}
}

// Scan calls fn for about count fields and returns the cursor to go on with, 0
// at the end. A field that is there all along is passed at least once.
func (h *Hash) Scan(cursor uint64, count int, fn func(field, value []byte)) (next uint64) {
	if h.large != nil {
		return h.large.dict.scan(cursor, count, fn)
	}
	h.Each(func(field, value []byte) bool { fn(field, value); return true })
	return 0
}

// Random returns a field, each with the same probability; nil if there is none.
func (h *Hash) Random(rng *rand.Rand) (field, value []byte) {
	if h.large != nil {
		return h.large.dict.random(rng)
	}
	if n := h.Len(); n > 0 {
		skip := rng.IntN(n)
		h.Each(func(f, v []byte) bool {
			field, value = f, v
			skip--
			return skip >= 0
		})
	}
	return field, value
}

// grow makes a packed hash large.
func (h *Hash) grow(table bool) {
	l := newLargeHash(table)
	eachPair(h.p.b, func(field, value []byte) bool {
		l.set(field, value)
		return true
	})
	h.p.clear()
	h.large = l
}

// LargeHash is a hash that is not packed.
type LargeHash struct {
	dict  dict
	order *insertionOrder // nil if the fields have none
	table bool            // beyond the limits of Redis, not only beyond PackedMax
}

func newLargeHash(table bool) *LargeHash {
	l := &LargeHash{dict: newDict(anySize), table: table}
	if !table {
		l.setOrder(new(insertionOrder))
	}
	return l
}

// Clone is a deep copy.
func (l *LargeHash) Clone() *LargeHash {
	c := &LargeHash{dict: l.dict.clone(), table: l.table}
	if o := l.order; o != nil {
		c.setOrder(&insertionOrder{slices.Clone(o.list), o.last})
	}
	return c
}

// MemUsage is the memory held in bytes.
func (l *LargeHash) MemUsage() int {
	n := l.dict.memUsage()
	if l.order != nil {
		n += 16 * cap(l.order.list)
	}
	return n
}

// Prefetch touches the memory that look-ups of fields will touch. What it returns only keeps the compiler from leaving that out.
func (l *LargeHash) Prefetch(fields [][]byte) byte { return l.dict.prefetch(fields) }

// Encode appends the hash for [Hash.Decode].
func (h *Hash) Encode(dst []byte) []byte {
	if h.large == nil {
		return append(append(dst, formPacked), h.p.b...)
	}
	dst = append(dst, largeForm(h.large.table))
	dst = binary.AppendUvarint(dst, uint64(h.large.dict.n))
	h.large.each(func(field, value []byte) bool {
		dst = appendChunk(appendChunk(dst, field), value)
		return true
	})
	return dst
}

// Decode loads what Encode made. A hash that stays packed borrows b. After an
// error, which wraps [ErrCorrupt], the cursor is empty.
func (h *Hash) Decode(b []byte, lim *Limits) error {
	h.Reset()
	form, r, err := newReader("hash", b)
	if err != nil {
		return err
	}
	if form == formPacked {
		if err := checkPacked(r, 2); err != nil {
			return err
		}
		h.Load(r.all)
		if len(r.all) > lim.PackedMax || h.Len() > lim.HashMaxListpackEntries {
			h.grow(h.Len() > lim.HashMaxListpackEntries)
		}
		return nil
	}
	l := newLargeHash(form == formTable)
	if err := r.fill(&l.dict, l.set, func() (field, value []byte) { return r.chunk(), r.chunk() }); err != nil {
		return err
	}
	h.large = l
	return nil
}
