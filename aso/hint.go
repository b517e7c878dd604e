package aso

import "bytes"

// Hint is what a look-up of a key starts with. Computing it early lets a batch fetch from memory what its commands will need.
type Hint struct {
	hash uint64
	slot uint16
}

// HintFor returns the hint for key.
func HintFor(key []byte) Hint { return Hint{hashKey(key), Slot(key)} }

// AddHint adds the partition of a key.
func (l *Locks) AddHint(h Hint) { l.add(partitionOf(h.slot)) }

// Prefetch touches the memory that look-ups of keys of database db will touch. One after the other the look-ups would wait for main
// memory several times each; here the waits of all of them overlap. The Tx holds the locks of the keys.
func (tx *Tx) Prefetch(db int, hints []Hint) {
	const atOnce = 64
	var places [atOnce]*uint64
	var refs [atOnce]ref
	for len(hints) > 0 {
		n := min(len(hints), atOnce)
		for i, h := range hints[:n] {
			places[i] = tx.homePlace(db, h)
		}
		var sum uint64
		for _, p := range places[:n] {
			if p != nil {
				sum += *p
			}
		}
		tx.sink += byte(sum)
		found := 0
		for _, p := range places[:n] {
			if p != nil && *p != 0 {
				refs[found] = ref(*p & refMask)
				tx.sink += tx.ks.arena.firstByte(refs[found])
				found++
			}
		}
		for _, r := range refs[:found] {
			tx.sink += tx.ks.arena.secondLine(r)
		}
		hints = hints[n:]
	}
}

// PrefetchItems is Prefetch for fields or members of the collection at key, whose hint is h, if it is large.
func (tx *Tx) PrefetchItems(db int, key []byte, h Hint, items [][]byte) {
	tx.Select(db)
	var e entry
	if tx.findHinted(&e, key, h); e.r == 0 {
		return
	}
	rec := tx.record(&e)
	if !rec.has(isLarge) {
		return
	}
	if c, ok := e.p.large.get(rec.handle()).(interface{ Prefetch(keys [][]byte) byte }); ok {
		tx.sink += c.Prefetch(items)
	}
}

// homePlace returns the place where the look-up for h starts, nil if the table is empty.
func (tx *Tx) homePlace(db int, h Hint) *uint64 {
	d := tx.ks.parts[partitionOf(h.slot)].dbs[db]
	if d == nil {
		return nil
	}
	t := &d.slots[h.slot%slotsPerPartition]
	if len(t.places) == 0 {
		return nil
	}
	return &t.places[h.hash&uint64(len(t.places)-1)]
}

// Expect tells the Tx that the next look-ups are likely for key, whose hint is h. The bytes of key must not change before the next Expect,
// ExpectEach or Commit.
func (tx *Tx) Expect(key []byte, h Hint) {
	tx.found.expected = tx.found.expected && h == tx.hint && bytes.Equal(key, tx.expected)
	tx.expected, tx.hint = key, h
	if len(tx.ahead.hints) > 0 {
		tx.ahead = ahead{}
	}
}

// ahead is the keys of look-ups that are likely to come, in their order: every step-th of args, from the first one on.
type ahead struct {
	args  [][]byte
	step  int
	hints []Hint
}

// ExpectEach is Expect for several keys, every step-th of args, from the first one on; it fetches their records from memory together. The Tx holds
// the locks of the keys.
func (tx *Tx) ExpectEach(args [][]byte, step int, hints []Hint) {
	tx.Expect(nil, Hint{})
	tx.ahead = ahead{args, step, hints}
	tx.Prefetch(tx.db, hints)
}

// hintFor returns the hint for key, as expected if it is that.
func (tx *Tx) hintFor(key []byte) Hint {
	if sameSlice(key, tx.expected) {
		return tx.hint
	}
	a := &tx.ahead
	if len(a.hints) == 0 || !sameSlice(key, a.args[0]) {
		return HintFor(key)
	}
	tx.expected, tx.hint = key, a.hints[0]
	a.args, a.hints = a.args[min(a.step, len(a.args)):], a.hints[1:]
	return tx.hint
}

// sameSlice reports whether a and b are the same bytes in memory.
func sameSlice(a, b []byte) bool {
	return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0]
}
