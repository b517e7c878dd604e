package value

// item is an entry of a sorted set in the tree.
type item struct {
	score float64
	ref   uint64 // of the member's entry in the dict
}

// nodeItems makes a node 1 KiB, Go's size class, with the allocator's header.
const nodeItems = 62

// node is a leaf, or with kids an inner node whose i-th item is the least of
// its i-th kid. Only the root may be empty.
type node struct {
	n     int
	kids  *kids
	items [nodeItems]item
}

type kids struct {
	node  [nodeItems]*node
	count [nodeItems]uint32 // items below each kid
}

// tree is a counted B+tree: ranks and seeks take O(log n). It does not know the
// order of items: callers pass monotone predicates over them.
type tree struct {
	root   *node
	leaves int
	inner  int
}

func (t *tree) memUsage() int {
	const leafSize, innerSize = 1024, 1024 + 768
	return t.leaves*leafSize + t.inner*innerSize
}

func (t *tree) newNode(inner bool) *node {
	n := &node{}
	if inner {
		n.kids = &kids{}
		t.inner++
	} else {
		t.leaves++
	}
	return n
}

func (t *tree) free(n *node) {
	if n.kids != nil {
		t.inner--
	} else {
		t.leaves--
	}
}

// search returns how many items of a node satisfy a monotone predicate.
func (n *node) search(holds func(item) bool) int {
	lo, hi := 0, n.n
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if holds(n.items[mid]) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// size is the number of items below a node.
func (n *node) size() uint32 {
	if n.kids == nil {
		return uint32(n.n)
	}
	var sum uint32
	for _, c := range n.kids.count[:n.n] {
		sum += c
	}
	return sum
}

// countWhile counts the first items for which a monotone predicate holds.
func (t *tree) countWhile(holds func(item) bool) int {
	rank := 0
	for n := t.root; n != nil; {
		i := n.search(holds)
		if n.kids == nil {
			return rank + i
		}
		if i == 0 {
			return rank
		}
		for _, c := range n.kids.count[:i-1] {
			rank += int(c)
		}
		n = n.kids.node[i-1]
	}
	return rank
}

// countBelow counts the items with a score below x, or with through of at most x: countWhile without a call for each item that it looks at.
func (t *tree) countBelow(x float64, through bool) int {
	rank := 0
	for n := t.root; n != nil; {
		lo, hi := 0, n.n
		for lo < hi {
			mid := int(uint(lo+hi) >> 1)
			if score := n.items[mid].score; score < x || through && score == x {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		if n.kids == nil || lo == 0 {
			return rank + lo
		}
		for _, c := range n.kids.count[:lo-1] {
			rank += int(c)
		}
		n = n.kids.node[lo-1]
	}
	return rank
}

// at returns the leaf of a rank and the place there. The rank must exist.
func (t *tree) at(rank int) (leaf *node, i int) {
	n := t.root
	for n.kids != nil {
		i := 0
		for rank >= int(n.kids.count[i]) {
			rank -= int(n.kids.count[i])
			i++
		}
		n = n.kids.node[i]
	}
	return n, rank
}

// insert adds an item behind those for which before holds.
func (t *tree) insert(it item, before func(item) bool) {
	if t.root == nil {
		t.root = t.newNode(false)
	}
	right := t.insertBelow(t.root, it, before)
	if right == nil {
		return
	}
	root := t.newNode(true)
	root.insertKid(0, t.root)
	root.insertKid(1, right)
	t.root = root
}

// insertBelow returns the new right half when it had to split the node.
func (t *tree) insertBelow(n *node, it item, before func(item) bool) (right *node) {
	i := n.search(before)
	if n.kids == nil {
		if n.n == nodeItems {
			n, i, right = t.split(n, i)
		}
		n.insertItem(i, it)
		return right
	}
	i = max(i-1, 0)
	kid := n.kids.node[i]
	newKid := t.insertBelow(kid, it, before)
	n.items[i] = kid.items[0]
	n.kids.count[i]++
	if newKid == nil {
		return nil
	}
	n.kids.count[i] = kid.size()
	i++
	if n.n == nodeItems {
		n, i, right = t.split(n, i)
	}
	n.insertKid(i, newKid)
	return right
}

// split halves a full node before an insertion at i, and returns where that
// goes now. At an end, as with ascending scores, the old node stays full.
func (t *tree) split(n *node, i int) (into *node, at int, right *node) {
	half := nodeItems / 2
	if i == nodeItems {
		half = nodeItems
	}
	right = t.newNode(n.kids != nil)
	right.n = copy(right.items[:], n.items[half:])
	if n.kids != nil {
		copy(right.kids.node[:], n.kids.node[half:])
		copy(right.kids.count[:], n.kids.count[half:])
		clear(n.kids.node[half:])
	}
	n.n = half
	if i > half || half == nodeItems {
		return right, i - half, right
	}
	return n, i, right
}

func (n *node) insertItem(i int, it item) {
	copy(n.items[i+1:n.n+1], n.items[i:n.n])
	n.items[i] = it
	n.n++
}

func (n *node) insertKid(i int, kid *node) {
	copy(n.kids.node[i+1:n.n+1], n.kids.node[i:n.n])
	copy(n.kids.count[i+1:n.n+1], n.kids.count[i:n.n])
	n.kids.node[i], n.kids.count[i] = kid, kid.size()
	n.insertItem(i, kid.items[0])
}

func (n *node) removeAt(i int) {
	if n.kids != nil {
		copy(n.kids.node[i:], n.kids.node[i+1:n.n])
		copy(n.kids.count[i:], n.kids.count[i+1:n.n])
		n.kids.node[n.n-1] = nil
	}
	copy(n.items[i:], n.items[i+1:n.n])
	n.n--
}

// remove takes out the last item for which until holds, which must exist.
func (t *tree) remove(until func(item) bool) {
	t.removeBelow(t.root, until)
	for t.root.kids != nil && t.root.n == 1 {
		t.free(t.root)
		t.root = t.root.kids.node[0]
	}
}

func (t *tree) removeBelow(n *node, until func(item) bool) {
	i := n.search(until) - 1
	if n.kids == nil {
		n.removeAt(i)
		return
	}
	kid := n.kids.node[i]
	t.removeBelow(kid, until)
	if kid.n == 0 {
		t.free(kid)
		n.removeAt(i)
		return
	}
	n.kids.count[i]--
	n.items[i] = kid.items[0]
	if kid.n < nodeItems/4 {
		t.merge(n, i)
	}
}

// merge joins the i-th kid with a neighbour if both together fit well.
func (t *tree) merge(n *node, i int) {
	const most = nodeItems * 3 / 4
	switch {
	case i+1 < n.n && n.kids.node[i].n+n.kids.node[i+1].n <= most:
	case i > 0 && n.kids.node[i-1].n+n.kids.node[i].n <= most:
		i--
	default:
		return
	}
	left, right := n.kids.node[i], n.kids.node[i+1]
	copy(left.items[left.n:], right.items[:right.n])
	if left.kids != nil {
		copy(left.kids.node[left.n:], right.kids.node[:right.n])
		copy(left.kids.count[left.n:], right.kids.count[:right.n])
	}
	left.n += right.n
	n.kids.count[i] += n.kids.count[i+1]
	t.free(right)
	n.removeAt(i + 1)
}

// relocate changes the reference of the last item for which until holds, if it
// is from.
func (t *tree) relocate(from, to uint64, until func(item) bool) {
	for n := t.root; n != nil; {
		i := n.search(until) - 1
		if i < 0 {
			return
		}
		if n.items[i].ref == from {
			n.items[i].ref = to
		}
		if n.kids == nil {
			return
		}
		n = n.kids.node[i]
	}
}

func (t *tree) clone() tree {
	c := *t
	c.root = t.root.clone()
	return c
}

func (n *node) clone() *node {
	if n == nil {
		return nil
	}
	c := *n
	if n.kids != nil {
		k := *n.kids
		c.kids = &k
		for i, kid := range k.node[:n.n] {
			k.node[i] = kid.clone()
		}
	}
	return &c
}
