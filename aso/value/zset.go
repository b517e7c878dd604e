package value

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// ZSet is a cursor over a set of members with scores, ordered by score, then by
// the bytes of the member. A member's rank is its place in that order, from 0.
// Packed it has, after the count and in order, each score as 8 bytes and the
// member with its length. A score is never NaN.
type ZSet struct {
	p     packed
	large *LargeZSet
}

const scoreSize = 8

// Load makes the cursor read a packed sorted set, which it borrows until Reset.
func (z *ZSet) Load(b []byte) { z.large = nil; z.p.load(b) }

// LoadLarge makes the cursor work on a large sorted set.
func (z *ZSet) LoadLarge(l *LargeZSet) { z.Reset(); z.large = l }

// Reset makes the cursor an empty packed sorted set.
func (z *ZSet) Reset() { z.large = nil; z.p.clear() }

// Packed is the packed sorted set, or nil when it is large.
func (z *ZSet) Packed() []byte {
	if z.large != nil {
		return nil
	}
	return z.p.bytes()
}

// Large is the large sorted set, or nil when it is packed.
func (z *ZSet) Large() *LargeZSet { return z.large }

// Encoding is what OBJECT ENCODING says.
func (z *ZSet) Encoding() string {
	if z.large != nil && z.large.table {
		return "skiplist"
	}
	return "listpack"
}

// MemUsage is the memory held in bytes.
func (z *ZSet) MemUsage() int {
	if z.large != nil {
		return z.large.MemUsage()
	}
	return len(z.p.b)
}

// Len is the number of members.
func (z *ZSet) Len() int {
	if z.large != nil {
		return z.large.dict.n
	}
	return z.p.count()
}

// packedEntry reads the entry at at.
func packedEntry(b []byte, at int) (score float64, member []byte, next int) {
	score = getScore(b[at:])
	member, next = chunk(b, at+scoreSize)
	return score, member, next
}

func getScore(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

// find returns the rank of a packed member and where it starts and ends;
// start is 0 if there is none.
func (z *ZSet) find(member []byte) (rank, start, end int) {
	b := z.p.b
	for at := countSize; at < len(b); rank++ {
		n, next := uvarint(b, at+scoreSize)
		if n == len(member) && bytes.Equal(b[next:next+n], member) {
			return rank, at, next + n
		}
		at = next + n
	}
	return 0, 0, 0
}

// Score returns a member's score.
func (z *ZSet) Score(member []byte) (float64, bool) {
	if z.large != nil {
		return z.large.score(member)
	}
	_, start, _ := z.find(member)
	if start == 0 {
		return 0, false
	}
	return getScore(z.p.b[start:]), true
}

// Set gives a member a score. As in Redis, a score of -0 is kept as 0 while the
// encoding is listpack, and does not replace a 0 otherwise.
func (z *ZSet) Set(lim *Limits, member []byte, score float64) (created bool) {
	if z.large != nil {
		return z.setLarge(lim, member, score)
	}
	_, start, end := z.find(member)
	if start > 0 {
		if getScore(z.p.b[start:]) != score {
			z.p.splice(start, end-start, 0)
			z.insert(member, score)
		}
		return false
	}
	if !z.fits(lim, member) {
		z.grow()
		return z.setLarge(lim, member, score)
	}
	z.p.start()
	z.insert(member, score)
	z.p.addCount(1)
	return true
}

func (z *ZSet) setLarge(lim *Limits, member []byte, score float64) bool {
	created := z.large.set(member, score)
	if created && !z.large.table {
		z.large.table = len(member) > lim.ZSetMaxListpackValue || z.large.dict.n > lim.ZSetMaxListpackEntries
	}
	return created
}

// fits reports whether the sorted set can stay packed with a new member.
func (z *ZSet) fits(lim *Limits, member []byte) bool {
	n := z.p.count()
	return n < lim.ZSetMaxListpackEntries && n < maxPackedEntries &&
		len(member) <= lim.ZSetMaxListpackValue &&
		countSize+len(z.p.b)+scoreSize+chunkLen(member) <= lim.PackedMax
}

// insert puts a packed member into its place.
func (z *ZSet) insert(member []byte, score float64) {
	if score == 0 {
		score = 0 // not -0
	}
	at := countSize
	for at < len(z.p.b) {
		s, m, next := packedEntry(z.p.b, at)
		if s > score || s == score && bytes.Compare(m, member) > 0 {
			break
		}
		at = next
	}
	z.p.splice(at, 0, scoreSize+chunkLen(member))
	binary.LittleEndian.PutUint64(z.p.b[at:], math.Float64bits(score))
	putChunk(z.p.b[at+scoreSize:], member)
}

// Delete removes a member.
func (z *ZSet) Delete(member []byte) bool {
	if z.large != nil {
		return z.large.delete(member)
	}
	_, start, end := z.find(member)
	if start == 0 {
		return false
	}
	z.p.splice(start, end-start, 0)
	z.p.addCount(-1)
	return true
}

// Rank returns a member's rank.
func (z *ZSet) Rank(member []byte) (int, bool) {
	if z.large != nil {
		return z.large.rank(member)
	}
	rank, start, _ := z.find(member)
	return rank, start > 0
}

// At returns the member of a rank.
func (z *ZSet) At(rank int) (member []byte, score float64, ok bool) {
	z.Ascend(rank, func(m []byte, s float64) bool {
		member, score, ok = m, s, true
		return false
	})
	return member, score, ok
}

// Ascend calls fn for the members from a rank upwards until it returns false.
func (z *ZSet) Ascend(rank int, fn func(member []byte, score float64) bool) {
	if rank < 0 || rank >= z.Len() {
		return
	}
	if z.large != nil {
		z.large.ascend(rank, fn)
		return
	}
	for at := countSize; at < len(z.p.b); rank-- {
		score, member, next := packedEntry(z.p.b, at)
		if rank <= 0 && !fn(member, score) {
			return
		}
		at = next
	}
}

// Descend calls fn for the members from a rank downwards until it returns false.
func (z *ZSet) Descend(rank int, fn func(member []byte, score float64) bool) {
	if rank < 0 || rank >= z.Len() {
		return
	}
	if z.large != nil {
		z.large.descend(rank, fn)
		return
	}
	var first [128]int32
	starts := first[:0]
	for at := countSize; len(starts) <= rank; {
		starts = append(starts, int32(at))
		_, _, at = packedEntry(z.p.b, at)
	}
	for ; rank >= 0; rank-- {
		score, member, _ := packedEntry(z.p.b, int(starts[rank]))
		if !fn(member, score) {
			return
		}
	}
}

// SeekScore returns how many members have a score below x, or with after a
// score of at most x: the rank of the first member with score >= x, or > x.
func (z *ZSet) SeekScore(x float64, after bool) (rank int) {
	if z.large != nil {
		return z.large.tree.countBelow(x, after)
	}
	return z.countWhile(func(_ []byte, score float64) bool { return score < x || after && score == x })
}

// SeekLex returns how many members sort before a string, or with after before
// or at it. It makes sense only if all scores are the same.
func (z *ZSet) SeekLex(member []byte, after bool) (rank int) {
	return z.countWhile(func(m []byte, _ float64) bool {
		c := bytes.Compare(m, member)
		return c < 0 || after && c == 0
	})
}

// countWhile counts the first members for which a monotone predicate holds.
func (z *ZSet) countWhile(holds func(member []byte, score float64) bool) (n int) {
	if z.large != nil {
		return z.large.countWhile(holds)
	}
	for at := countSize; at < len(z.p.b); n++ {
		score, member, next := packedEntry(z.p.b, at)
		if !holds(member, score) {
			break
		}
		at = next
	}
	return n
}

// Scan calls fn for about count members and returns the cursor to go on with,
// 0 at the end. A member that is there all along is passed at least once.
func (z *ZSet) Scan(cursor uint64, count int, fn func(member []byte, score float64)) (next uint64) {
	if z.large != nil {
		return z.large.dict.scan(cursor, count, func(member, score []byte) { fn(member, getScore(score)) })
	}
	z.Ascend(0, func(member []byte, score float64) bool { fn(member, score); return true })
	return 0
}

// Random returns a member, each with the same probability; nil if there is none.
func (z *ZSet) Random(rng *rand.Rand) (member []byte, score float64) {
	n := z.Len()
	if n == 0 {
		return nil, 0
	}
	if z.large != nil {
		member, bits := z.large.dict.random(rng)
		return member, getScore(bits)
	}
	member, score, _ = z.At(rng.IntN(n))
	return member, score
}

// grow makes a packed sorted set large; whether Redis would, the caller finds out.
func (z *ZSet) grow() {
	l := newLargeZSet()
	z.Ascend(0, func(member []byte, score float64) bool { l.set(member, score); return true })
	z.p.clear()
	z.large = l
}
