package value

import "encoding/binary"

// List is a cursor over a sequence of elements, counted from 0. Packed it has,
// after the count, the elements in the layout of a listNode.
type List struct {
	p      packed
	large  *LargeList
	popped []byte // copy of an element that was packed
}

// Load makes the cursor read a packed list, which it borrows until Reset.
func (l *List) Load(b []byte) { l.large = nil; l.p.load(b) }

// LoadLarge makes the cursor work on a large list.
func (l *List) LoadLarge(large *LargeList) { l.Reset(); l.large = large }

// Reset makes the cursor an empty packed list.
func (l *List) Reset() { l.large = nil; l.p.clear() }

// Packed is the packed list, or nil when it is large.
func (l *List) Packed() []byte {
	if l.large != nil {
		return nil
	}
	return l.p.bytes()
}

// Large is the large list, or nil when it is packed.
func (l *List) Large() *LargeList { return l.large }

// Encoding is what OBJECT ENCODING says.
func (l *List) Encoding() string { return "quicklist" }

// MemUsage is the memory held in bytes.
func (l *List) MemUsage() int {
	if l.large != nil {
		return l.large.MemUsage()
	}
	return len(l.p.b)
}

// Len is the number of elements.
func (l *List) Len() int {
	if l.large != nil {
		return l.large.n
	}
	return l.p.count()
}

// offset is where the i-th packed element starts, for 0 <= i <= Len.
func (l *List) offset(i int) int {
	return elementOffset(l.p.b, countSize, len(l.p.b), l.p.count(), i)
}

// Index returns the i-th element.
func (l *List) Index(i int) (v []byte, ok bool) {
	if i < 0 || i >= l.Len() {
		return nil, false
	}
	if l.large != nil {
		return l.large.index(i), true
	}
	v, _ = element(l.p.b, l.offset(i))
	return v, true
}

// PushFront inserts an element in front of the first.
func (l *List) PushFront(lim *Limits, v []byte) {
	if l.large == nil && !l.fits(lim, 0, len(v)) {
		l.grow()
	}
	if l.large != nil {
		l.large.pushFront(v)
		return
	}
	l.p.start()
	l.insertAt(countSize, v)
}

// PushBack inserts an element behind the last.
func (l *List) PushBack(lim *Limits, v []byte) {
	if l.large == nil && !l.fits(lim, 0, len(v)) {
		l.grow()
	}
	if l.large != nil {
		l.large.pushBack(v)
		return
	}
	l.p.start()
	l.insertAt(len(l.p.b), v)
}

// fits reports whether the list stays packed when an element of n bytes is
// added and old bytes are dropped.
func (l *List) fits(lim *Limits, old, n int) bool {
	added := 1
	if old > 0 {
		added = 0
	}
	return lim.listFits(l.p.count()+added, max(len(l.p.b), countSize)-old+elementLen(n))
}

func (l *List) insertAt(at int, v []byte) {
	l.p.splice(at, 0, elementLen(len(v)))
	putElement(l.p.b[at:], v)
	l.p.addCount(1)
}

// PopFront removes the first element and returns it.
func (l *List) PopFront() (v []byte, ok bool) { return l.pop(0) }

// PopBack removes the last element and returns it.
func (l *List) PopBack() (v []byte, ok bool) { return l.pop(l.Len() - 1) }

func (l *List) pop(i int) (v []byte, ok bool) {
	switch {
	case l.Len() == 0:
		return nil, false
	case l.large == nil:
		v, _ = l.Index(i)
		l.popped = append(l.popped[:0], v...)
		l.Remove(i, 1)
		return l.popped, true
	case i == 0:
		return l.large.popFront(), true
	}
	return l.large.popBack(), true
}

// Set replaces the i-th element. It reports whether there is one.
func (l *List) Set(lim *Limits, i int, v []byte) bool {
	if i < 0 || i >= l.Len() {
		return false
	}
	if l.large == nil {
		at := l.offset(i)
		_, end := element(l.p.b, at)
		if l.fits(lim, end-at, len(v)) {
			l.p.splice(at, end-at, elementLen(len(v)))
			putElement(l.p.b[at:], v)
			return true
		}
		l.grow()
	}
	l.large.set(i, v)
	return true
}

// Insert inserts an element in front of the i-th, or at the end when i is Len.
// It reports whether there is such a place.
func (l *List) Insert(lim *Limits, i int, v []byte) bool {
	if i < 0 || i > l.Len() {
		return false
	}
	if l.large == nil && !l.fits(lim, 0, len(v)) {
		l.grow()
	}
	if l.large != nil {
		l.large.insert(i, v)
		return true
	}
	l.p.start()
	l.insertAt(l.offset(i), v)
	return true
}

// Remove removes up to n elements from the i-th on and returns how many.
func (l *List) Remove(i, n int) int {
	n = min(n, l.Len()-i)
	if i < 0 || n <= 0 {
		return 0
	}
	if l.large != nil {
		l.large.remove(i, n)
		return n
	}
	from, to := l.offset(i), l.offset(i+n)
	l.p.splice(from, to-from, 0)
	l.p.addCount(-n)
	return n
}

// Trim keeps the elements from start up to but not including stop.
func (l *List) Trim(start, stop int) {
	start = max(start, 0)
	stop = max(min(stop, l.Len()), start)
	l.Remove(stop, l.Len()-stop)
	l.Remove(0, start)
}

// Ascend calls fn for the elements from the i-th upwards until it returns false.
func (l *List) Ascend(i int, fn func(v []byte) bool) {
	if i < 0 || i >= l.Len() {
		return
	}
	if l.large != nil {
		l.large.ascend(i, fn)
		return
	}
	ascendElements(l.p.b, l.offset(i), len(l.p.b), fn)
}

// Descend calls fn for the elements from the i-th downwards until it returns false.
func (l *List) Descend(i int, fn func(v []byte) bool) {
	if i < 0 || i >= l.Len() {
		return
	}
	if l.large != nil {
		l.large.descend(i, fn)
		return
	}
	descendElements(l.p.b, countSize, l.offset(i+1), fn)
}

// grow makes a packed list large.
func (l *List) grow() {
	large := &LargeList{}
	l.Ascend(0, func(v []byte) bool { large.pushBack(v); return true })
	l.p.clear()
	l.large = large
}

// Encode appends the list for [List.Decode].
func (l *List) Encode(dst []byte) []byte {
	if l.large == nil {
		return append(append(dst, formPacked), l.p.b...)
	}
	dst = append(dst, formTable)
	dst = binary.AppendUvarint(dst, uint64(l.large.n))
	l.Ascend(0, func(v []byte) bool { dst = appendChunk(dst, v); return true })
	return dst
}

// Decode loads what Encode made. A list that stays packed borrows b. After an
// error, which wraps [ErrCorrupt], the cursor is empty.
func (l *List) Decode(b []byte, lim *Limits) error {
	l.Reset()
	form, r, err := newReader("list", b)
	if err != nil {
		return err
	}
	if form == formPacked {
		if err := checkElements(r); err != nil {
			return err
		}
		l.Load(r.all)
		if !lim.listFits(l.Len(), len(r.all)) {
			l.grow()
		}
		return nil
	}
	large := &LargeList{}
	for n := r.length(); large.n < n && r.err == nil; {
		if v := r.chunk(); r.err == nil {
			large.pushBack(v)
		}
	}
	if err := r.end(); err != nil {
		return err
	}
	l.large = large
	return nil
}

// checkElements verifies the elements of a packed list.
func checkElements(r *reader) error {
	if r.rest() == 0 {
		return nil
	}
	n := r.count16()
	if n == 0 {
		r.fail("no entries")
	}
	for i := 0; i < n && r.err == nil; i++ {
		v := r.chunk()
		var want [10]byte
		size := putBackLen(want[:], len(v))
		if tail := r.bytes(size); string(tail) != string(want[:size]) {
			r.fail("bad length behind an element")
		}
	}
	return r.end()
}
