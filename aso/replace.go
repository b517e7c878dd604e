package aso

import "comet/aso/value"

// ReplaceSet makes the set v, which is not empty, the value of key, whatever it held, without a deadline. It takes v over.
func (tx *Tx) ReplaceSet(key []byte, v *value.Set) error { return tx.replace(key, KindSet, v, 0) }

// ReplaceZSet is ReplaceSet for a sorted set.
func (tx *Tx) ReplaceZSet(key []byte, v *value.ZSet) error { return tx.replace(key, KindZSet, v, 0) }

// ReplaceList is ReplaceSet for a list.
func (tx *Tx) ReplaceList(key []byte, v *value.List) error { return tx.replace(key, KindList, v, 0) }

// replace makes v the value of key. As with SetString, handlers and state stay.
func (tx *Tx) replace(key []byte, kind Kind, v content, deadline int64) error {
	e, rec := tx.lookup(key)
	img := image{kind: kind, clock: tx.usedClock(&e), key: key, deadline: deadline}
	if e.r != 0 {
		old := tx.record(&e)
		img.active = old.active()
	}
	if tx.effects.on {
		tx.effectPacked(&img, v.Encode(nil))
	}
	if img.value = v.Packed(); img.value == nil {
		img.large = true
		img.value = handleBytes(e.p.large.add(largeOf(v), v.MemUsage()))
	}
	if err := tx.put(&e, &img); err != nil {
		return err
	}
	tx.touch(e.p, key)
	if rec == nil {
		tx.created(&e, key)
	}
	return nil
}
