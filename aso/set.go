package aso

import (
	"bytes"

	"comet/aso/value"
)

// Set is a set that a command uses. Reads are those of value.Set.
type Set struct {
	value.Set
	collection
}

// Set returns the set at key; a missing key is an empty set, and comes to be with its first member.
func (tx *Tx) Set(key []byte) (*Set, error) {
	s := tx.pools.sets.get()
	dirty, err := tx.openCollection(&s.collection, &s.Set, key, KindSet)
	if dirty != nil {
		return dirty.(*Set), nil
	}
	return s, err
}

// Add adds member and reports whether it is new.
func (s *Set) Add(member []byte) bool {
	if !s.Set.Add(s.tx.ks.limits.Load(), member) {
		return false
	}
	if s.undoable() {
		s.undoMember(member, len(member)+chargePerString, func(c *value.Set, m []byte) { c.Remove(m) })
	}
	s.change(s, opSetAdd, member)
	return true
}

// Remove removes member and reports whether it was there.
func (s *Set) Remove(member []byte) bool {
	if !s.Set.Remove(member) {
		return false
	}
	if s.undoable() {
		limits := s.tx.ks.limits.Load()
		s.undoMember(member, 0, func(c *value.Set, m []byte) { c.Add(limits, m) })
	}
	s.change(s, opSetRem, member)
	return true
}

func (s *Set) undoMember(member []byte, grew int, inverse func(c *value.Set, member []byte)) {
	kept := bytes.Clone(member) // a variable of its own: the parameter must not escape
	s.tx.undo.addInside(s.db, s.key, s.Large(), grew, func(large any) {
		var c value.Set
		c.LoadLarge(large.(*value.LargeSet))
		inverse(&c, kept)
	})
}

func (s *Set) store() error { return s.collection.store(&s.Set) }
