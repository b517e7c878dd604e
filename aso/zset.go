package aso

import (
	"encoding/binary"
	"math"
	"slices"

	"comet/aso/value"
)

// ZSet is a sorted set that a command uses. Reads are those of value.ZSet.
type ZSet struct {
	value.ZSet
	collection
}

// ZSet returns the sorted set at key; a missing key is an empty one, and comes to be with its first member.
func (tx *Tx) ZSet(key []byte) (*ZSet, error) {
	z := tx.pools.zsets.get()
	dirty, err := tx.openCollection(&z.collection, &z.ZSet, key, KindZSet)
	if dirty != nil {
		return dirty.(*ZSet), nil
	}
	return z, err
}

// Set gives member a score and reports whether the member is new.
func (z *ZSet) Set(member []byte, score float64) (created bool) {
	if z.undoable() {
		z.undoMember(member, len(member)+chargePerString)
	}
	z.change(z, opZSetPut, member)
	if l := &z.tx.effects; l.on && !z.tx.replay {
		l.buf = binary.LittleEndian.AppendUint64(l.buf, math.Float64bits(score))
	}
	return z.ZSet.Set(z.tx.ks.limits.Load(), member, score)
}

// Delete removes member and reports whether it was there.
func (z *ZSet) Delete(member []byte) bool {
	if z.undoable() {
		if _, ok := z.Score(member); !ok {
			return false
		}
		z.undoMember(member, 0)
	}
	if !z.ZSet.Delete(member) {
		return false
	}
	z.change(z, opZSetRem, member)
	return true
}

func (z *ZSet) undoMember(member []byte, grew int) {
	limits, kept := z.tx.ks.limits.Load(), slices.Clone(member)
	old, had := z.Score(member)
	z.tx.undo.addInside(z.db, z.key, z.Large(), grew, func(large any) {
		var c value.ZSet
		c.LoadLarge(large.(*value.LargeZSet))
		if had {
			c.Set(limits, kept, old)
		} else {
			c.Delete(kept)
		}
	})
}

func (z *ZSet) store() error { return z.collection.store(&z.ZSet) }
