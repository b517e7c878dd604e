package aso

import (
	"slices"

	"comet/aso/value"
)

// Hash is a hash that a command uses. Reads are those of value.Hash.
type Hash struct {
	value.Hash
	collection
}

// Hash returns the hash at key; a missing key is an empty hash, and comes to be with its first field.
func (tx *Tx) Hash(key []byte) (*Hash, error) {
	h := tx.pools.hashes.get()
	dirty, err := tx.openCollection(&h.collection, &h.Hash, key, KindHash)
	if dirty != nil {
		return dirty.(*Hash), nil
	}
	return h, err
}

// HashField returns the value of a field of the hash at key, for reading. It is for commands that look into many hashes: no handle stays
// in use. The command has changed no hash.
func (tx *Tx) HashField(key, field []byte) (v []byte, ok bool, err error) {
	h, err := tx.Hash(key)
	tx.pools.hashes.used--
	if err != nil {
		return nil, false, err
	}
	v, ok = h.Get(field)
	return v, ok, nil
}

// Set gives field a value and reports whether the field is new.
func (h *Hash) Set(field, v []byte) (created bool) {
	if h.undoable() {
		h.undoField(field, len(field)+len(v)+chargePerString)
	}
	h.change(h, opHashSet, field, v)
	return h.Hash.Set(h.tx.ks.limits.Load(), field, v)
}

// Delete removes field and reports whether it was there.
func (h *Hash) Delete(field []byte) bool {
	if h.undoable() {
		if _, ok := h.Get(field); !ok {
			return false
		}
		h.undoField(field, 0)
	}
	if !h.Hash.Delete(field) {
		return false
	}
	h.change(h, opHashDel, field)
	return true
}

func (h *Hash) undoField(field []byte, grew int) {
	limits, field := h.tx.ks.limits.Load(), slices.Clone(field)
	old, had := h.Get(field)
	old = slices.Clone(old)
	h.tx.undo.addInside(h.db, h.key, h.Large(), grew, func(large any) {
		var c value.Hash
		c.LoadLarge(large.(*value.LargeHash))
		if had {
			c.Set(limits, field, old)
		} else {
			c.Delete(field)
		}
	})
}

func (h *Hash) store() error { return h.collection.store(&h.Hash) }
