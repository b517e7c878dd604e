package value

// An element of a list is its length as a uvarint, its bytes, and the length
// once more with the uvarint's bytes reversed, to be read from behind.

// elementLen is the size of an element of n bytes.
func elementLen(n int) int { return n + 2*uvarintLen(n) }

// putElement writes an element and returns its size.
func putElement(b, v []byte) int {
	at := putChunk(b, v)
	return at + putBackLen(b[at:], len(v))
}

// putBackLen writes a length to be read from behind.
func putBackLen(b []byte, n int) int {
	size := putUvarint(b, n)
	for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return size
}

// element reads the element at at.
func element(b []byte, at int) (v []byte, next int) {
	v, next = chunk(b, at)
	return v, next + uvarintLen(len(v))
}

// elementBefore reads the element that ends at end.
func elementBefore(b []byte, end int) (v []byte, at int) {
	n, shift, last := 0, 0, end
	for {
		last--
		c := b[last]
		n |= int(c&0x7f) << shift
		if c < 0x80 {
			break
		}
		shift += 7
	}
	start := last - n
	return b[start:last:last], start - (end - last)
}

// elementOffset is where the i-th of n elements between start and end begins.
func elementOffset(b []byte, start, end, n, i int) int {
	if i > n/2 {
		for ; i < n; i++ {
			_, end = elementBefore(b, end)
		}
		return end
	}
	for ; i > 0; i-- {
		_, start = element(b, start)
	}
	return start
}

func ascendElements(b []byte, start, end int, fn func(v []byte) bool) bool {
	for start < end {
		var v []byte
		v, start = element(b, start)
		if !fn(v) {
			return false
		}
	}
	return true
}

func descendElements(b []byte, start, end int, fn func(v []byte) bool) bool {
	for start < end {
		var v []byte
		v, end = elementBefore(b, end)
		if !fn(v) {
			return false
		}
	}
	return true
}

// listNode is a piece of a large list: n elements in buf[head:tail], with room
// at either end.
type listNode struct {
	buf        []byte
	head, tail int
	n          int
}

// nodeSize is the memory of a node that is not one large element's own.
const nodeSize = 8 << 10

// ownNode is the size from which an element gets memory of its own size.
const ownNode = nodeSize / 4

func (d *listNode) used() int { return d.tail - d.head }

// roomFront makes room for an element of size bytes in front, if it is worth it.
func (d *listNode) roomFront(size int) bool {
	if d.head >= size {
		return true
	}
	if d.used()+size > len(d.buf)/2 {
		return false
	}
	d.moveTo(len(d.buf) - d.used())
	return true
}

// roomBack makes room for an element of size bytes behind, if it is worth it.
func (d *listNode) roomBack(size int) bool {
	if len(d.buf)-d.tail >= size {
		return true
	}
	if d.used()+size > len(d.buf)/2 {
		return false
	}
	d.moveTo(0)
	return true
}

func (d *listNode) moveTo(head int) {
	copy(d.buf[head:], d.buf[d.head:d.tail])
	d.head, d.tail = head, head+d.used()
}

func (d *listNode) pushFront(v []byte) {
	d.head -= elementLen(len(v))
	putElement(d.buf[d.head:], v)
	d.n++
}

func (d *listNode) pushBack(v []byte) {
	d.tail += putElement(d.buf[d.tail:], v)
	d.n++
}

// offset is where the i-th element of the node starts.
func (d *listNode) offset(i int) int { return elementOffset(d.buf, d.head, d.tail, d.n, i) }

// splice replaces del bytes at at by ins bytes, for the caller to fill, moving
// the shorter side. It returns where they are, or false if there is no room.
func (d *listNode) splice(at, del, ins int) (int, bool) {
	if d.used()-del+ins > len(d.buf) {
		return 0, false
	}
	grow := ins - del
	front := at-d.head < d.tail-at-del
	if front && d.head < grow || !front && len(d.buf)-d.tail < grow {
		front = !front
	}
	switch {
	case front && d.head >= grow:
		copy(d.buf[d.head-grow:], d.buf[d.head:at])
		d.head -= grow
		return at - grow, true
	case !front && len(d.buf)-d.tail >= grow:
		copy(d.buf[at+ins:], d.buf[at+del:d.tail])
		d.tail += grow
		return at, true
	}
	at -= d.head // neither side alone has the room
	d.moveTo(0)
	return d.spliceBack(at, del, ins)
}

func (d *listNode) spliceBack(at, del, ins int) (int, bool) {
	copy(d.buf[at+ins:], d.buf[at+del:d.tail])
	d.tail += ins - del
	return at, true
}
