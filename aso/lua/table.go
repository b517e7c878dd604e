package lua

import (
	"math"
	"math/bits"
)

// Access tells who may write a table.
type Access uint8

// The accesses. Writes to a table that is not Plain go to Owner.Refuse first.
const (
	Plain Access = iota
	ReadOnly
	Shared
)

// Table is a Lua table with the layout of PUC Lua 5.1: an array part for 1..n and a hash part that is a chained scatter table with Brent's
// variation. So the order of next and what # says of a table with holes are those of Redis.
type Table struct {
	Meta   *Table
	View   func(L *State, key Value) Value // answers for keys that are not there, before Meta does
	Access Access
	id     uint32
	array  []Value
	nodes  []node // none, or a power of two
	free   int    // no node from here on is free
}

type node struct {
	key, val Value
	hash     uint32
	next     int32 // relative; 0 ends the chain
}

// NewTable makes a table with room for items and fields. Nobody is charged.
func NewTable(items, fields int) *Table {
	t := &Table{}
	if items > 0 {
		t.array = make([]Value, items)
	}
	if fields > 0 {
		t.setNodes(fields)
	}
	return t
}

func (t *Table) setNodes(fields int) {
	if fields == 0 {
		t.nodes, t.free = nil, 0
		return
	}
	size := nodesFor(fields)
	t.nodes, t.free = make([]node, size), size
}

// nodesFor returns the size of a hash part for a number of keys.
func nodesFor(fields int) int { return 1 << bits.Len(uint(fields-1)) }

// hashString is that of PUC Lua 5.1, which decides the order of next.
func hashString(s string) uint32 {
	h := uint32(len(s))
	step := len(s)>>5 + 1
	for i := len(s); i >= step; i -= step {
		h ^= h<<5 + h>>2 + uint32(s[i-1])
	}
	return h
}

// hash returns a number from which slot finds the main position of a key.
func hash(key Value) uint32 {
	if key.isNumber() {
		if key.number() == 0 {
			return 0 // 0 and -0 are one key
		}
		return uint32(key.bits) + uint32(key.bits>>32)
	}
	switch key.Kind() {
	case KindString:
		return hashString(key.str())
	case KindBool:
		return uint32(key.bits & 1)
	}
	return objectID(key)
}

// objectID is the number of an object. It, and not its address, decides where it stands in a table, so that a run does the same each time.
func objectID(v Value) uint32 {
	switch v.Kind() {
	case KindTable:
		return v.Table().id
	case KindFunction:
		return v.Function().id
	}
	return 0
}

// slot returns the main position of a key in the hash part.
func (t *Table) slot(key Value, h uint32) uint32 {
	size := uint32(len(t.nodes))
	if key.isNumber() {
		if h == 0 && key.number() == 0 {
			return 0
		}
		return h % ((size - 1) | 1)
	}
	if k := key.Kind(); k == KindString || k == KindBool {
		return h & (size - 1)
	}
	return h % ((size - 1) | 1)
}

// Get returns the value of a key, or nil.
func (t *Table) Get(key Value) Value {
	if key.isNumber() {
		return t.getNumber(key)
	}
	if key.isString() {
		return t.GetString(key.str())
	}
	if len(t.nodes) == 0 || key.IsNil() {
		return Nil
	}
	if n := t.find(key, hash(key)); n != nil {
		return n.val
	}
	return Nil
}

func (t *Table) getNumber(key Value) Value {
	f := key.number()
	if i := int(f); float64(i) == f {
		if uint(i-1) < uint(len(t.array)) {
			return t.array[i-1]
		}
	}
	if len(t.nodes) == 0 {
		return Nil
	}
	if n := t.find(key, hash(key)); n != nil {
		return n.val
	}
	return Nil
}

// GetInt returns the value of the key i, or nil.
func (t *Table) GetInt(i int) Value {
	if uint(i-1) < uint(len(t.array)) {
		return t.array[i-1]
	}
	if len(t.nodes) == 0 {
		return Nil
	}
	return t.getNumber(Number(float64(i)))
}

// scanned is the size of hash parts that are searched from end to end: that takes less than hashing the key.
const scanned = 4

// GetString returns the value of a key that is a string, or nil.
func (t *Table) GetString(s string) Value {
	if n := t.findString(String(s)); n != nil {
		return n.val
	}
	return Nil
}

func (t *Table) findString(key Value) *node {
	if len(t.nodes) > scanned {
		return t.findHashed(key, hashString(key.str()))
	}
	for i := range t.nodes {
		n := &t.nodes[i]
		if n.key.bits == key.bits && (n.key.ref == key.ref || n.key.isString() && n.key.str() == key.str()) {
			return n
		}
	}
	return nil
}

// findHashed finds a string whose hash is known.
func (t *Table) findHashed(key Value, h uint32) *node {
	if len(t.nodes) == 0 {
		return nil
	}
	i := int32(h & uint32(len(t.nodes)-1))
	for {
		n := &t.nodes[i]
		if n.key.bits == key.bits && (n.key.ref == key.ref || n.hash == h && n.key.isString() && n.key.str() == key.str()) {
			return n
		}
		if n.next == 0 {
			return nil
		}
		i += n.next
	}
}

func (t *Table) find(key Value, h uint32) *node {
	i := int32(t.slot(key, h))
	for {
		n := &t.nodes[i]
		if Equal(n.key, key) {
			return n
		}
		if n.next == 0 {
			return nil
		}
		i += n.next
	}
}

// at returns where the value of a key is, or nil if the table has no place for it.
func (t *Table) at(key Value) *Value {
	if key.isNumber() {
		f := key.number()
		if i := int(f); float64(i) == f && uint(i-1) < uint(len(t.array)) {
			return &t.array[i-1]
		}
	} else if key.isString() {
		if n := t.findString(key); n != nil {
			return &n.val
		}
		return nil
	}
	if len(t.nodes) == 0 || key.IsNil() { // free nodes have the key nil
		return nil
	}
	if n := t.find(key, hash(key)); n != nil {
		return &n.val
	}
	return nil
}

// Set stores a value. The key must not be nil or NaN. Nobody is charged, and Access is not looked at.
func (t *Table) Set(key, val Value) {
	if p := t.at(key); p != nil {
		*p = val
		return
	}
	*t.insert(nil, key) = val
}

// SetString stores the value of a key that is a string.
func (t *Table) SetString(key string, val Value) { t.Set(String(key), val) }

// SetInt stores the value of the key i.
func (t *Table) SetInt(i int, val Value) {
	if uint(i-1) < uint(len(t.array)) {
		t.array[i-1] = val
		return
	}
	t.Set(Number(float64(i)), val)
}

// insert adds a key that has no place, and returns where its value goes. L is charged for the growth unless it is nil. As in PUC Lua, a key
// whose main position is taken by one that does not belong there moves that one, and a key without a value is overwritten where it stands.
func (t *Table) insert(L *State, key Value) *Value {
	h := hash(key)
	if n := t.take(key, h); n != nil {
		n.key, n.hash = key, h
		return &n.val
	}
	t.rehash(L, key)
	if p := t.at(key); p != nil {
		return p
	}
	return t.insert(L, key)
}

// take returns a node for a key that has none, nil if there is no room.
func (t *Table) take(key Value, h uint32) *node {
	if len(t.nodes) == 0 {
		return nil
	}
	main := int(t.slot(key, h))
	n := &t.nodes[main]
	if n.val.IsNil() {
		return n
	}
	at := t.freeNode()
	if at < 0 {
		return nil
	}
	if other := int(t.slot(n.key, n.hash)); other != main {
		t.move(other, main, at)
		return n
	}
	free := &t.nodes[at]
	if n.next != 0 {
		free.next = int32(main) + n.next - int32(at)
	}
	n.next = int32(at - main)
	return free
}

// freeNode returns a node that never had a key, or -1.
func (t *Table) freeNode() int {
	for t.free > 0 {
		t.free--
		if t.nodes[t.free].key.IsNil() {
			return t.free
		}
	}
	return -1
}

// move brings the node at from, whose chain begins at first, to the free node to.
func (t *Table) move(first, from, to int) {
	i := first
	for i+int(t.nodes[i].next) != from {
		i += int(t.nodes[i].next)
	}
	t.nodes[i].next = int32(to - i)
	n := &t.nodes[from]
	t.nodes[to] = *n
	if n.next != 0 {
		t.nodes[to].next = int32(from) + n.next - int32(to)
	}
	*n = node{}
}

// Bytes of what a table allocates.
const (
	tableBytes = 128
	valueBytes = 16
	nodeBytes  = 40
	maxArray   = 1 << 26 // of items in the array part
)

// sizes counts keys for the array part: of is the number of keys in (2^(i-1), 2^i].
type sizes struct {
	of  [28]int
	sum int
}

func (s *sizes) count(key Value) {
	if !key.isNumber() {
		return
	}
	f := key.number()
	if i := int(f); float64(i) == f && i >= 1 && i <= maxArray {
		s.of[bits.Len(uint(i-1))]++
		s.sum++
	}
}

// best returns the largest size of an array part of which more than half is used, and how many keys go there.
func (s *sizes) best() (size, used int) {
	seen := 0
	for i, twoToI := 0, 1; twoToI/2 < s.sum; i, twoToI = i+1, twoToI*2 {
		seen += s.of[i]
		if s.of[i] > 0 && seen > twoToI/2 {
			size, used = twoToI, seen
		}
		if seen == s.sum {
			break
		}
	}
	return size, used
}

// rehash makes room for one more key.
func (t *Table) rehash(L *State, extra Value) {
	var s sizes
	total := t.countArray(&s)
	for i := range t.nodes {
		if !t.nodes[i].val.IsNil() {
			s.count(t.nodes[i].key)
			total++
		}
	}
	s.count(extra)
	total++
	size, used := s.best()
	t.resize(L, size, total-used)
}

func (t *Table) countArray(s *sizes) int {
	sum := 0
	for i, twoToI, at := 0, 1, 0; at < len(t.array); i, twoToI = i+1, twoToI*2 {
		for ; at < min(twoToI, len(t.array)); at++ {
			if !t.array[at].IsNil() {
				s.of[i]++
				sum++
			}
		}
	}
	s.sum += sum
	return sum
}

// resize gives the array part items places and the hash part room for fields.
func (t *Table) resize(L *State, items, fields int) {
	if L != nil {
		L.chargeTable(max(items-len(t.array), 0), fields)
	}
	array, nodes := t.array, t.nodes
	t.setNodes(fields)
	switch {
	case items > len(array):
		t.array = make([]Value, items)
		copy(t.array, array)
	case items < len(array):
		t.array = append([]Value(nil), array[:items]...)
		for i := items; i < len(array); i++ {
			if !array[i].IsNil() {
				*t.place(Number(float64(i + 1))) = array[i]
			}
		}
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		if n := &nodes[i]; !n.val.IsNil() {
			*t.place(n.key) = n.val
		}
	}
}

// place returns where the value of a key goes; there is room.
func (t *Table) place(key Value) *Value {
	if p := t.at(key); p != nil {
		return p
	}
	return t.insert(nil, key)
}

// Len is what # says: n with t[n] not nil and t[n+1] nil, the same n as in PUC Lua if there are several.
func (t *Table) Len() int {
	j := len(t.array)
	if j > 0 && t.array[j-1].IsNil() {
		return border(0, j, func(i int) bool { return !t.array[i-1].IsNil() })
	}
	if len(t.nodes) == 0 {
		return j
	}
	i := j
	for j++; !t.GetInt(j).IsNil(); j *= 2 {
		i = j
		if j > math.MaxInt32 {
			return i
		}
	}
	return border(i, j, func(i int) bool { return !t.GetInt(i).IsNil() })
}

// border finds one between i, which is there or 0, and j, which is not.
func border(i, j int, has func(int) bool) int {
	for j-i > 1 {
		if m := (i + j) / 2; has(m) {
			i = m
		} else {
			j = m
		}
	}
	return i
}

// Next returns the pair behind a key, nil for the first; the key is nil at the end. It is not ok if the table has no such key.
func (t *Table) Next(key Value) (k, v Value, ok bool) {
	i, ok := t.position(key)
	if !ok {
		return Nil, Nil, false
	}
	for ; i < len(t.array); i++ {
		if !t.array[i].IsNil() {
			return Number(float64(i + 1)), t.array[i], true
		}
	}
	for i -= len(t.array); i < len(t.nodes); i++ {
		if n := &t.nodes[i]; !n.val.IsNil() {
			return n.key, n.val, true
		}
	}
	return Nil, Nil, true
}

// position returns the place behind that of a key.
func (t *Table) position(key Value) (int, bool) {
	if key.IsNil() {
		return 0, true
	}
	if f, ok := key.Number(); ok {
		if i := int(f); float64(i) == f && uint(i-1) < uint(len(t.array)) {
			return i, true
		}
	}
	if len(t.nodes) == 0 {
		return 0, false
	}
	h := hash(key)
	i := int(t.slot(key, h))
	for {
		n := &t.nodes[i]
		if Equal(n.key, key) {
			return len(t.array) + i + 1, true
		}
		if n.next == 0 {
			return 0, false
		}
		i += int(n.next)
	}
}

// nextItem is Next for ipairs: the item behind an index, the key is nil at the end.
func (t *Table) nextItem(index Value) (k, v Value, ok bool) {
	f, ok := index.Number()
	i := int(f) + 1
	if !ok || float64(i-1) != f {
		return Nil, Nil, false
	}
	if v = t.GetInt(i); v.IsNil() {
		return Nil, Nil, true
	}
	return Number(f + 1), v, true
}
