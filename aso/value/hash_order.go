package value

import (
	"slices"
	"sort"
)

// maxOrdered is how many fields an insertionOrder holds. Redis keeps the order of more, if its limits are raised; there each operation then takes as long as
// there are fields.
const maxOrdered = 4096

// insertionOrder is the order of the fields of a large hash: what is a listpack in Redis keeps it.
type insertionOrder struct {
	list []placed
	last uint64 // number that was given
}

// placed is an entry of a dict by its reference. Numbers rise.
type placed struct{ number, ref uint64 }

// add appends an entry.
func (o *insertionOrder) add(ref uint64) {
	o.last++
	o.list = append(o.list, placed{o.last, ref})
}

// find returns where the entry at ref stands.
func (o *insertionOrder) find(ref uint64) int {
	return slices.IndexFunc(o.list, func(p placed) bool { return p.ref == ref })
}

// moved follows an entry that compaction moved.
func (o *insertionOrder) moved(from, to uint64) {
	if i := o.find(from); i >= 0 {
		o.list[i].ref = to
	}
}

// behind returns the entries with higher numbers than n.
func (o *insertionOrder) behind(n uint64) []placed {
	return o.list[sort.Search(len(o.list), func(i int) bool { return o.list[i].number > n }):]
}

// setOrder makes o the order of the fields; nil is none.
func (l *LargeHash) setOrder(o *insertionOrder) {
	l.order, l.dict.moved = o, nil
	if o != nil {
		l.dict.moved = o.moved
	}
}

// beTable makes the hash one that is a hash table in Redis.
func (l *LargeHash) beTable() {
	l.table = true
	l.setOrder(nil)
}

// set gives a field a value.
func (l *LargeHash) set(field, value []byte) (created bool) {
	if l.order == nil {
		return l.dict.set(field, value)
	}
	ref, ok := l.dict.ref(field)
	if !ok {
		l.dict.set(field, value)
		ref, _ = l.dict.ref(field)
		if l.order.add(ref); len(l.order.list) > maxOrdered {
			l.setOrder(nil)
		}
		return true
	}
	if !l.dict.overwrite(ref, value) {
		i := l.order.find(ref)
		l.order.list[i].ref = 0 // compaction may move another entry to there
		l.dict.set(field, value)
		l.order.list[i].ref, _ = l.dict.ref(field)
	}
	return false
}

// delete removes a field.
func (l *LargeHash) delete(field []byte) bool {
	if l.order != nil {
		ref, ok := l.dict.ref(field)
		if !ok {
			return false
		}
		i := l.order.find(ref)
		l.order.list = slices.Delete(l.order.list, i, i+1)
	}
	return l.dict.delete(field)
}

// each calls fn for every field until it returns false.
func (l *LargeHash) each(fn func(field, value []byte) bool) {
	if l.order == nil {
		l.dict.each(fn)
		return
	}
	for _, p := range l.order.list {
		if field, value, _ := l.dict.entry(p.ref); !fn(field, value) {
			return
		}
	}
}

// appendOrdered is [LargeHash.AppendPart] of fields with an order. The cursor is the number of the last one.
func (l *LargeHash) appendOrdered(dst []byte, w *Walk, limit int) (part []byte, cost int) {
	left := l.order.behind(w.cursor)
	for len(left) > 0 && (cost == 0 || cost < limit) {
		field, value, _ := l.dict.entry(left[0].ref)
		dst = appendChunk(appendChunk(dst, field), value)
		cost += chunkLen(field) + chunkLen(value) + scattered
		w.cursor, left = left[0].number, left[1:]
	}
	w.Done = len(left) == 0
	return dst, cost
}
