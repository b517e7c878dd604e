package value

import "slices"

// LargeList is a list that is not packed: a deque of nodes. Pushes and pops
// take O(1), the index of an element O(nodes).
type LargeList struct {
	nodes []listNode // those in use are nodes[first:]
	first int
	n     int
	held  int    // bytes of memory in all nodes
	spare []byte // memory of a dropped node, for reuse
}

// Clone is a deep copy.
func (l *LargeList) Clone() *LargeList {
	c := &LargeList{n: l.n, held: l.held, nodes: slices.Clone(l.active())}
	for i := range c.nodes {
		c.nodes[i].buf = slices.Clone(c.nodes[i].buf)
	}
	return c
}

// MemUsage is the memory held in bytes.
func (l *LargeList) MemUsage() int {
	const self, nodeHeader = 80, 48
	return self + nodeHeader*cap(l.nodes) + l.held + len(l.spare)
}

func (l *LargeList) active() []listNode { return l.nodes[l.first:] }

// newNode makes a node with room for an element of size bytes.
func (l *LargeList) newNode(size int) listNode {
	var d listNode
	switch {
	case size > ownNode:
		d.buf = make([]byte, size)
	case l.spare != nil:
		d.buf, l.spare = l.spare, nil
	default:
		d.buf = make([]byte, nodeSize)
	}
	l.held += len(d.buf)
	return d
}

// release gives up a node's memory.
func (l *LargeList) release(d *listNode) {
	l.held -= len(d.buf)
	if len(d.buf) == nodeSize {
		l.spare = d.buf
	}
	*d = listNode{}
}

// insertNode puts a node in front of the i-th active one.
func (l *LargeList) insertNode(i int, d listNode) {
	if i > 0 {
		l.nodes = slices.Insert(l.nodes, l.first+i, d)
		return
	}
	if l.first == 0 {
		room := len(l.nodes)/2 + 4
		grown := make([]listNode, room+len(l.nodes), 2*room+len(l.nodes))
		copy(grown[room:], l.nodes)
		l.nodes, l.first = grown, room
	}
	l.first--
	l.nodes[l.first] = d
}

// removeNodes drops the active nodes from i up to but not including j.
func (l *LargeList) removeNodes(i, j int) {
	active := l.active()
	for k := i; k < j; k++ {
		l.n -= active[k].n
		l.release(&active[k])
	}
	if i == 0 {
		l.first += j
	} else {
		l.nodes = slices.Delete(l.nodes, l.first+i, l.first+j)
	}
	if l.first == len(l.nodes) {
		l.nodes, l.first = l.nodes[:0], 0
	} else if l.first > len(l.nodes)-l.first+16 {
		l.nodes = slices.Delete(l.nodes, 0, l.first-l.first/4)
		l.first /= 4
	}
}

func (l *LargeList) pushFront(v []byte) {
	size := elementLen(len(v))
	if active := l.active(); len(active) == 0 || !active[0].roomFront(size) {
		d := l.newNode(size)
		d.head, d.tail = len(d.buf), len(d.buf)
		l.insertNode(0, d)
	}
	l.nodes[l.first].pushFront(v)
	l.n++
}

func (l *LargeList) pushBack(v []byte) {
	size := elementLen(len(v))
	if active := l.active(); len(active) == 0 || !active[len(active)-1].roomBack(size) {
		l.nodes = append(l.nodes, l.newNode(size))
	}
	l.nodes[len(l.nodes)-1].pushBack(v)
	l.n++
}

func (l *LargeList) popFront() []byte {
	d := &l.nodes[l.first]
	v, next := element(d.buf, d.head)
	d.head = next
	l.popFrom(d, 0)
	return v
}

func (l *LargeList) popBack() []byte {
	d := &l.nodes[len(l.nodes)-1]
	v, start := elementBefore(d.buf, d.tail)
	d.tail = start
	l.popFrom(d, len(l.active())-1)
	return v
}

// popFrom counts an element that was taken out of the i-th node.
func (l *LargeList) popFrom(d *listNode, i int) {
	d.n--
	l.n--
	if d.n == 0 {
		l.removeNodes(i, i+1)
	}
}

// locate returns the active node of an element and its place there.
func (l *LargeList) locate(i int) (node, at int) {
	active := l.active()
	if i > l.n/2 {
		at = i - l.n
		for node = len(active) - 1; ; node-- {
			if at += active[node].n; at >= 0 {
				return node, at
			}
		}
	}
	for at = i; at >= active[node].n; node++ {
		at -= active[node].n
	}
	return node, at
}

func (l *LargeList) index(i int) []byte {
	node, at := l.locate(i)
	d := &l.active()[node]
	v, _ := element(d.buf, d.offset(at))
	return v
}

func (l *LargeList) set(i int, v []byte) {
	node, k := l.locate(i)
	d := &l.active()[node]
	size := elementLen(len(v))
	if d.n == 1 {
		l.replace(d, v, size)
		return
	}
	at := d.offset(k)
	_, end := element(d.buf, at)
	if at, ok := d.splice(at, end-at, size); ok {
		putElement(d.buf[at:], v)
		return
	}
	l.remove(i, 1)
	l.insert(i, v)
}

// replace replaces the only element of a node, and its memory when that is too
// small or much too large.
func (l *LargeList) replace(d *listNode, v []byte, size int) {
	if len(d.buf) < size || len(d.buf) > max(2*size, nodeSize) {
		l.release(d)
		*d = l.newNode(size)
	}
	d.head, d.tail, d.n = 0, 0, 0
	d.pushBack(v)
}

func (l *LargeList) insert(i int, v []byte) {
	switch i {
	case 0:
		l.pushFront(v)
		return
	case l.n:
		l.pushBack(v)
		return
	}
	node, k := l.locate(i)
	size := elementLen(len(v))
	d := &l.active()[node]
	if at, ok := d.splice(d.offset(k), 0, size); ok {
		putElement(d.buf[at:], v)
		d.n++
		l.n++
		return
	}
	if k > 0 {
		l.splitNode(node, k)
		node++
	}
	l.insertBetween(node, v, size)
}

// insertBetween inserts an element in front of the node-th, which is not the first.
func (l *LargeList) insertBetween(node int, v []byte, size int) {
	l.n++
	left, right := &l.active()[node-1], &l.active()[node]
	switch {
	case left.roomBack(size):
		left.pushBack(v)
	case right.roomFront(size):
		right.pushFront(v)
	default:
		d := l.newNode(size)
		d.pushBack(v)
		l.insertNode(node, d)
	}
}

// splitNode moves the elements of a node from the k-th on to a new node behind.
func (l *LargeList) splitNode(node, k int) {
	d := &l.active()[node]
	at := d.offset(k)
	right := l.newNode(0)
	if d.tail-at > len(right.buf) {
		l.release(&right)
		right = l.newNode(d.tail - at)
	}
	right.tail = copy(right.buf, d.buf[at:d.tail])
	right.n = d.n - k
	d.tail, d.n = at, k
	l.insertNode(node+1, right)
}

// remove removes n elements from the i-th on.
func (l *LargeList) remove(i, n int) {
	node, k := l.locate(i)
	if k > 0 {
		n -= l.removeWithin(node, k, n)
		node++
	}
	last := node
	for ; n > 0 && n >= l.active()[last].n; last++ {
		n -= l.active()[last].n
	}
	if n > 0 {
		l.removeWithin(last, 0, n)
	}
	if last > node {
		l.removeNodes(node, last)
	}
	l.mergeAt(node)
}

// removeWithin removes up to n elements of a node from the k-th on, not all.
func (l *LargeList) removeWithin(node, k, n int) (removed int) {
	d := &l.active()[node]
	n = min(n, d.n-k)
	from, to := d.offset(k), d.offset(k+n)
	d.splice(from, to-from, 0)
	d.n -= n
	l.n -= n
	return n
}

// mergeAt joins sparse nodes around the boundary in front of a node.
func (l *LargeList) mergeAt(node int) {
	for _, right := range [2]int{node, node - 1} {
		active := l.active()
		if right < 1 || right >= len(active) {
			continue
		}
		a, b := &active[right-1], &active[right]
		if len(a.buf) != nodeSize || a.used()+b.used() > nodeSize/2 {
			continue
		}
		a.moveTo(0)
		a.tail += copy(a.buf[a.tail:], b.buf[b.head:b.tail])
		a.n += b.n
		b.n = 0
		l.removeNodes(right, right+1)
	}
}

func (l *LargeList) ascend(i int, fn func(v []byte) bool) {
	node, k := l.locate(i)
	for _, d := range l.active()[node:] {
		if !ascendElements(d.buf, d.offset(k), d.tail, fn) {
			return
		}
		k = 0
	}
}

func (l *LargeList) descend(i int, fn func(v []byte) bool) {
	node, k := l.locate(i)
	active := l.active()
	end := active[node].offset(k + 1)
	for {
		d := &active[node]
		if !descendElements(d.buf, d.head, end, fn) || node == 0 {
			return
		}
		node--
		end = active[node].tail
	}
}
