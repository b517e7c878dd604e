package value

import (
	"bytes"
	"encoding/binary"
	"math"
)

// Encode appends the sorted set for [ZSet.Decode].
func (z *ZSet) Encode(dst []byte) []byte {
	if z.large == nil {
		return append(append(dst, formPacked), z.p.b...)
	}
	dst = append(dst, largeForm(z.large.table))
	dst = binary.AppendUvarint(dst, uint64(z.large.dict.n))
	z.Ascend(0, func(member []byte, score float64) bool {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(score))
		dst = appendChunk(dst, member)
		return true
	})
	return dst
}

// Decode loads what Encode made. A sorted set that stays packed borrows b.
// After an error, which wraps [ErrCorrupt], the cursor is empty.
func (z *ZSet) Decode(b []byte, lim *Limits) error {
	z.Reset()
	form, r, err := newReader("sorted set", b)
	if err != nil {
		return err
	}
	if form == formPacked {
		return z.decodePacked(r, lim)
	}
	n := r.length() // at most the bytes left: each entry has at least 9
	l := newLargeZSet()
	l.table = form == formTable
	l.dict.reserve(min(n, r.rest()/(scoreSize+1)))
	if err := r.scored(n, l.set); err != nil {
		return err
	}
	z.large = l
	return nil
}

func (z *ZSet) decodePacked(r *reader, lim *Limits) error {
	whole := r.all
	if len(whole) == 0 {
		return nil
	}
	n := r.count16()
	if n == 0 {
		r.fail("no entries")
	}
	seen := newDistinct(n)
	if err := r.scored(n, func(member []byte, _ float64) bool { return seen.add(member) }); err != nil {
		return err
	}
	z.Load(whole)
	table := n > lim.ZSetMaxListpackEntries
	if table || len(whole) > lim.PackedMax {
		z.grow()
		z.large.table = table
	}
	return nil
}

// scored reads n scores and members to the end, in order, and passes them to
// add, which says if a member is new.
func (r *reader) scored(n int, add func(member []byte, score float64) bool) error {
	var last []byte
	lastScore := math.Inf(-1)
	for i := 0; i < n && r.err == nil; i++ {
		bits := r.bytes(scoreSize)
		member := r.chunk()
		if r.err != nil {
			break
		}
		score := getScore(bits)
		switch {
		case math.IsNaN(score):
			r.fail("score is not a number")
		case i > 0 && (score < lastScore || score == lastScore && bytes.Compare(member, last) <= 0):
			r.fail("not in order")
		case !add(member, score):
			r.fail("duplicate member")
		}
		last, lastScore = member, score
	}
	return r.end()
}
