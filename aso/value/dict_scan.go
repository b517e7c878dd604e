package value

import "math/bits"

// scan calls fn for some entries and returns the cursor to go on with, 0 at the
// end. It visits home buckets in reverse-binary order as Redis does: what is
// in the dict from the first call to the last is passed at least once, however
// the table is resized in between. It stops after count entries or 10*count
// steps.
func (d *dict) scan(cursor uint64, count int, fn func(key, value []byte)) (next uint64) {
	if d.n == 0 {
		return 0
	}
	passed := 0
	pass := func(ref uint64) {
		key, value, _ := d.entry(ref)
		fn(key, value)
		passed++
	}
	for tries := 10 * min(max(count, 1), 1<<40); ; tries-- {
		cursor = d.scanStep(cursor, pass)
		if cursor == 0 || passed >= count || tries <= 1 {
			return cursor
		}
	}
}

// scanStep passes a bucket of the smaller table and all those of the larger one
// that it is split into.
func (d *dict) scanStep(cursor uint64, pass func(ref uint64)) (next uint64) {
	small, large := &d.table, &d.old
	if d.old.slots == nil {
		large = small
	} else if len(small.slots) > len(large.slots) {
		small, large = large, small
	}
	if small != large {
		small.bucket(cursor&small.mask, pass)
	}
	for {
		large.bucket(cursor&large.mask, pass)
		cursor = bits.Reverse64(bits.Reverse64(cursor|^large.mask) + 1)
		if cursor&(small.mask^large.mask) == 0 {
			return cursor
		}
	}
}
