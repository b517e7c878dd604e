package aso

import (
	"slices"

	"comet/aso/value"
)

// List is a list that a command uses. Reads are those of value.List.
type List struct {
	value.List
	collection
}

// List returns the list at key; a missing key is an empty list, and comes to be with its first element.
func (tx *Tx) List(key []byte) (*List, error) {
	l := tx.pools.lists.get()
	dirty, err := tx.openCollection(&l.collection, &l.List, key, KindList)
	if dirty != nil {
		return dirty.(*List), nil
	}
	return l, err
}

// PushFront adds an element at the head.
func (l *List) PushFront(v []byte) {
	l.change(l, opPushFront, v)
	l.List.PushFront(l.limits(), v)
	l.undoable1(len(v), func(c *value.List) { c.Remove(0, 1) })
}

// PushBack adds an element at the tail.
func (l *List) PushBack(v []byte) {
	l.change(l, opPushBack, v)
	l.List.PushBack(l.limits(), v)
	l.undoable1(len(v), func(c *value.List) { c.Remove(c.Len()-1, 1) })
}

// SetIndex replaces the element at index i, which exists.
func (l *List) SetIndex(i int, v []byte) {
	if l.undoable() {
		old := slices.Clone(l.at(i))
		l.undoable1(len(v), func(c *value.List) { c.Set(l.limits(), i, old) })
	}
	l.changeAt(l, opListSet, i, v)
	l.List.Set(l.limits(), i, v)
}

// InsertAt inserts an element before index i.
func (l *List) InsertAt(i int, v []byte) {
	l.changeAt(l, opListInsert, i, v)
	l.List.Insert(l.limits(), i, v)
	l.undoable1(len(v), func(c *value.List) { c.Remove(i, 1) })
}

// RemoveAt removes n elements from index i on.
func (l *List) RemoveAt(i, n int) {
	if n <= 0 {
		return
	}
	if l.undoable() {
		l.undoRemove(i, n)
	}
	l.markDirty(l, n)
	if log := &l.tx.effects; log.on && !l.tx.replay {
		log.object(l.db, l.key)
		log.op(opListRemove)
		log.uint(uint64(i))
		log.uint(uint64(n))
	}
	l.List.Remove(i, n)
}

func (l *List) undoRemove(i, n int) {
	old := make([][]byte, 0, n)
	l.Ascend(i, func(v []byte) bool {
		old = append(old, slices.Clone(v))
		return len(old) < n
	})
	limits := l.limits()
	l.undoable1(0, func(c *value.List) {
		for _, v := range slices.Backward(old) {
			c.Insert(limits, i, v)
		}
	})
}

// undoable1 remembers how to take back one change, which put an element of n bytes there or none, if that is needed.
func (l *List) undoable1(n int, inverse func(c *value.List)) {
	if !l.undoable() {
		return
	}
	l.tx.undo.addInside(l.db, l.key, l.Large(), n+chargePerString, func(large any) {
		var c value.List
		c.LoadLarge(large.(*value.LargeList))
		inverse(&c)
	})
}

func (l *List) at(i int) []byte {
	v, _ := l.Index(i)
	return v
}

func (l *List) limits() *value.Limits { return l.tx.ks.limits.Load() }

func (l *List) store() error { return l.collection.store(&l.List) }
