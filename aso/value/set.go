package value

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
)

// Set is a cursor over a set of strings. Packed it starts with a byte: 2, 4 or
// 8 for integers of so many bytes in ascending order, or 0 for strings in the
// order of insertion, with a count and their lengths.
type Set struct {
	p       packed
	large   *LargeSet
	scratch [intText]byte
}

// Load makes the cursor read a packed set, which it borrows until Reset.
func (s *Set) Load(b []byte) { s.large = nil; s.p.load(b) }

// LoadLarge makes the cursor work on a large set.
func (s *Set) LoadLarge(l *LargeSet) { s.Reset(); s.large = l }

// Reset makes the cursor an empty packed set.
func (s *Set) Reset() { s.large = nil; s.p.clear() }

// Packed is the packed set, or nil when it is large.
func (s *Set) Packed() []byte {
	if s.large != nil {
		return nil
	}
	return s.p.bytes()
}

// Large is the large set, or nil when it is packed.
func (s *Set) Large() *LargeSet { return s.large }

// ints reports whether the set is packed integers, or empty.
func (s *Set) ints() bool { return s.large == nil && (len(s.p.b) == 0 || s.p.b[0] != 0) }

// Encoding is what OBJECT ENCODING says.
func (s *Set) Encoding() string {
	if s.ints() || s.large != nil && !s.large.table {
		return "intset"
	}
	return "hashtable"
}

// MemUsage is the memory held in bytes.
func (s *Set) MemUsage() int {
	if s.large != nil {
		return s.large.MemUsage()
	}
	return len(s.p.b)
}

// Len is the number of members.
func (s *Set) Len() int {
	switch {
	case s.large != nil:
		return s.large.dict.n
	case s.ints():
		return intsetLen(s.p.b)
	}
	return packedCount(s.p.b[1:])
}

// Contains reports whether a string is a member.
func (s *Set) Contains(member []byte) bool {
	switch {
	case s.large != nil:
		_, ok := s.large.dict.ref(member)
		return ok
	case s.ints():
		v, ok := ParseInt(member)
		if ok {
			_, ok = intsetFind(s.p.b, v)
		}
		return ok
	}
	start, _ := s.find(member)
	return start > 0
}

// stringsAt is where packed strings start.
const stringsAt = 1 + countSize

// find returns where a packed string starts and ends; 0 if it is no member.
func (s *Set) find(member []byte) (start, end int) {
	b := s.p.b
	for at := stringsAt; at < len(b); {
		n, next := uvarint(b, at)
		if n == len(member) && bytes.Equal(b[next:next+n], member) {
			return at, next + n
		}
		at = next + n
	}
	return 0, 0
}

// Add makes a string a member.
func (s *Set) Add(lim *Limits, member []byte) (added bool) {
	if s.large != nil {
		return s.addLarge(lim, member)
	}
	if s.ints() {
		if v, ok := ParseInt(member); ok {
			return s.addInt(lim, v)
		}
		s.toStrings(lim)
	}
	return s.addString(lim, member)
}

func (s *Set) addLarge(lim *Limits, member []byte) bool {
	l := s.large
	added := l.dict.set(member, nil)
	if added && !l.table {
		_, isInt := ParseInt(member)
		l.table = !isInt || l.dict.n > lim.SetMaxIntsetEntries
	}
	return added
}

func (s *Set) addInt(lim *Limits, v int64) bool {
	at, found := intsetFind(s.p.b, v)
	if found {
		return false
	}
	intsetInsert(&s.p, at, v)
	if intsetLen(s.p.b) > lim.SetMaxIntsetEntries {
		s.toStrings(lim)
	} else if len(s.p.b) > lim.PackedMax {
		s.grow()
	}
	return true
}

func (s *Set) addString(lim *Limits, member []byte) bool {
	if s.large == nil {
		if start, _ := s.find(member); start > 0 {
			return false
		}
		if !s.stringFits(lim, member) {
			s.grow()
			s.large.table = true
		}
	}
	if s.large != nil {
		return s.large.dict.set(member, nil)
	}
	at := len(s.p.b)
	s.p.splice(at, 0, chunkLen(member))
	putChunk(s.p.b[at:], member)
	s.addCount(1)
	return true
}

func (s *Set) stringFits(lim *Limits, member []byte) bool {
	return len(member) <= packedSetValue && s.Len() < packedSetEntries &&
		len(s.p.b)+chunkLen(member) <= lim.PackedMax
}

func (s *Set) addCount(delta int) {
	n := packedCount(s.p.b[1:]) + delta
	if n == 0 {
		s.p.clear()
		return
	}
	binary.LittleEndian.PutUint16(s.p.b[1:], uint16(n))
}

// toStrings gives up the integer encoding, as Redis does for good.
func (s *Set) toStrings(lim *Limits) {
	n := s.Len()
	if n == 0 {
		s.p.edit()
		s.p.splice(0, len(s.p.b), stringsAt)
		clear(s.p.b)
		return
	}
	if n >= packedSetEntries || stringsAt+n*(1+intText) > lim.PackedMax {
		s.grow()
		s.large.table = true
		return
	}
	b := append(make([]byte, 0, stringsAt+len(s.p.b)*2), 0, byte(n), byte(n>>8))
	s.Each(func(member []byte) bool { b = appendChunk(b, member); return true })
	s.p.b, s.p.buf, s.p.owned = b, b, true
}

// Remove takes a member out.
func (s *Set) Remove(member []byte) bool {
	switch {
	case s.large != nil:
		return s.large.dict.delete(member)
	case s.ints():
		v, ok := ParseInt(member)
		if !ok {
			return false
		}
		at, ok := intsetFind(s.p.b, v)
		if ok {
			intsetDelete(&s.p, at)
		}
		return ok
	}
	start, end := s.find(member)
	if start == 0 {
		return false
	}
	s.p.splice(start, end-start, 0)
	s.addCount(-1)
	return true
}

// Each calls fn for every member until it returns false. Integers come in
// ascending order; they are valid only during the call.
func (s *Set) Each(fn func(member []byte) bool) {
	switch {
	case s.large != nil:
		s.large.dict.each(func(member, _ []byte) bool { return fn(member) })
	case s.ints():
		for i := range intsetLen(s.p.b) {
			if !fn(s.text(i)) {
				return
			}
		}
	default:
		for at := stringsAt; at < len(s.p.b); {
			var member []byte
			member, at = chunk(s.p.b, at)
			if !fn(member) {
				return
			}
		}
	}
}

// text is the i-th integer.
func (s *Set) text(i int) []byte { return AppendInt(s.scratch[:0], intsetAt(s.p.b, i)) }

// Scan calls fn for about count members and returns the cursor to go on with,
// 0 at the end. A member that is there all along is passed at least once.
func (s *Set) Scan(cursor uint64, count int, fn func(member []byte)) (next uint64) {
	if s.large != nil {
		return s.large.dict.scan(cursor, count, func(member, _ []byte) { fn(member) })
	}
	s.Each(func(member []byte) bool { fn(member); return true })
	return 0
}

// Random returns a member, each with the same probability; nil if there is none.
func (s *Set) Random(rng *rand.Rand) (member []byte) {
	n := s.Len()
	switch {
	case n == 0:
		return nil
	case s.large != nil:
		member, _ = s.large.dict.random(rng)
		return member
	case s.ints():
		return s.text(rng.IntN(n))
	}
	at := stringsAt
	for range rng.IntN(n) + 1 {
		member, at = chunk(s.p.b, at)
	}
	return member
}

// grow makes a packed set large.
func (s *Set) grow() {
	l := newLargeSet()
	s.Each(func(member []byte) bool { l.dict.set(member, nil); return true })
	s.p.clear()
	s.large = l
}

// LargeSet is a set that is not packed. Its members have no order.
type LargeSet struct {
	dict  dict
	table bool // Redis would not have an intset
}

func newLargeSet() *LargeSet { return &LargeSet{dict: newDict(0)} }

// Clone is a deep copy.
func (l *LargeSet) Clone() *LargeSet { return &LargeSet{dict: l.dict.clone(), table: l.table} }

// MemUsage is the memory held in bytes.
func (l *LargeSet) MemUsage() int { return l.dict.memUsage() }

// Prefetch is that of [LargeHash].
func (l *LargeSet) Prefetch(members [][]byte) byte { return l.dict.prefetch(members) }
