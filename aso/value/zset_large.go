package value

import (
	"bytes"
	"encoding/binary"
	"math"
)

// LargeZSet is a sorted set that is not packed: an index from members to
// scores, and a counted B+tree that orders references to the index's entries.
type LargeZSet struct {
	dict  dict
	tree  tree
	table bool // beyond the limits of Redis, not only beyond PackedMax
}

func newLargeZSet() *LargeZSet {
	l := &LargeZSet{dict: newDict(scoreSize)}
	l.dict.moved = l.relocate
	return l
}

// Clone is a deep copy.
func (l *LargeZSet) Clone() *LargeZSet {
	c := &LargeZSet{dict: l.dict.clone(), tree: l.tree.clone(), table: l.table}
	c.dict.moved = c.relocate
	return c
}

// Prefetch is that of [LargeHash].
func (l *LargeZSet) Prefetch(members [][]byte) byte { return l.dict.prefetch(members) }

// MemUsage is the memory held in bytes.
func (l *LargeZSet) MemUsage() int { return l.dict.memUsage() + l.tree.memUsage() }

func (l *LargeZSet) score(member []byte) (float64, bool) {
	bits, ok := l.dict.get(member)
	if !ok {
		return 0, false
	}
	return getScore(bits), true
}

// before reports whether an item sorts before a member.
func (l *LargeZSet) before(it item, member []byte, score float64) bool {
	if it.score != score {
		return it.score < score
	}
	return bytes.Compare(l.dict.key(it.ref), member) < 0
}

// until reports whether an item sorts before a member or is it.
func (l *LargeZSet) until(it item, member []byte, score float64) bool {
	if it.score != score {
		return it.score < score
	}
	return bytes.Compare(l.dict.key(it.ref), member) <= 0
}

func (l *LargeZSet) set(member []byte, score float64) (created bool) {
	ref, ok := l.dict.ref(member)
	if !ok {
		var bits [scoreSize]byte
		binary.LittleEndian.PutUint64(bits[:], math.Float64bits(score))
		l.dict.set(member, bits[:])
		ref, _ = l.dict.ref(member)
		l.insert(member, score, ref)
		return true
	}
	_, bits, _ := l.dict.entry(ref)
	if old := getScore(bits); old != score {
		l.remove(member, old)
		binary.LittleEndian.PutUint64(bits, math.Float64bits(score))
		l.insert(member, score, ref)
	}
	return false
}

func (l *LargeZSet) insert(member []byte, score float64, ref uint64) {
	l.tree.insert(item{score, ref}, func(it item) bool { return l.before(it, member, score) })
}

func (l *LargeZSet) remove(member []byte, score float64) {
	l.tree.remove(func(it item) bool { return l.until(it, member, score) })
}

func (l *LargeZSet) delete(member []byte) bool {
	score, ok := l.score(member)
	if !ok {
		return false
	}
	l.remove(member, score)
	return l.dict.delete(member)
}

func (l *LargeZSet) rank(member []byte) (int, bool) {
	score, ok := l.score(member)
	if !ok {
		return 0, false
	}
	return l.tree.countWhile(func(it item) bool { return l.before(it, member, score) }), true
}

func (l *LargeZSet) countWhile(holds func(member []byte, score float64) bool) int {
	return l.tree.countWhile(func(it item) bool { return holds(l.dict.key(it.ref), it.score) })
}

func (l *LargeZSet) ascend(rank int, fn func(member []byte, score float64) bool) {
	for rank < l.dict.n {
		n, i := l.tree.at(rank)
		for _, it := range n.items[i:n.n] {
			if !fn(l.dict.key(it.ref), it.score) {
				return
			}
		}
		rank += n.n - i
	}
}

func (l *LargeZSet) descend(rank int, fn func(member []byte, score float64) bool) {
	for rank >= 0 {
		n, i := l.tree.at(rank)
		for j := i; j >= 0; j-- {
			if !fn(l.dict.key(n.items[j].ref), n.items[j].score) {
				return
			}
		}
		rank -= i + 1
	}
}

// relocate follows an entry that compaction moved.
func (l *LargeZSet) relocate(from, to uint64) {
	member, bits, _ := l.dict.entry(to)
	score := getScore(bits)
	l.tree.relocate(from, to, func(it item) bool { return l.until(it, member, score) })
}
