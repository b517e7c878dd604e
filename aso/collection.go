package aso

import (
	"bytes"

	"comet/aso/value"
)

// content is what Hash, List, Set, ZSet and Stream of package value have in common.
type content interface {
	Load(packed []byte)
	Reset()
	Packed() []byte
	Len() int
	Encoding() string
	Encode(dst []byte) []byte
	Decode(b []byte, lim *value.Limits) error
	MemUsage() int
}

// collection is the tie between a collection that a command uses and the keyspace. The command's first change puts it on the Tx's list;
// at the end of the command it is stored, or removed if it became empty.
type collection struct {
	tx     *Tx
	key    []byte
	db     int
	kind   Kind
	exists bool // the key held it when it was looked up
	dirty  bool
	large  bool // it was large when it was looked up, so changes take effect at once
	quiet  bool // what has changed is nothing that WATCH knows of
	items  int  // of it that were changed since it was stored
}

// Exists reports whether the key held the collection when it was looked up.
func (c *collection) Exists() bool { return c.exists }

func (c *collection) is(db int, key []byte, kind Kind) bool {
	return c.db == db && c.kind == kind && bytes.Equal(c.key, key)
}

// change notes a change and its effect. h is the collection itself.
func (c *collection) change(h handle, op byte, args ...[]byte) {
	c.markDirty(h, 1)
	c.tx.effect(c.key, op, args...)
}

// changeAt notes a change at an index and its effect.
func (c *collection) changeAt(h handle, op byte, index int, b []byte) {
	c.markDirty(h, 1)
	c.tx.effectAt(c.key, op, index, b)
}

// markDirty notes that so many items were changed.
func (c *collection) markDirty(h handle, items int) {
	c.items += items
	if !c.dirty {
		c.dirty = true
		c.tx.open = append(c.tx.open, h)
	}
}

// undoable reports whether a change inside the collection must be remembered: a packed one is saved as a whole when it is stored.
func (c *collection) undoable() bool { return c.large && c.tx.undo.on }

// store writes v back under its key.
func (c *collection) store(v content) error {
	tx := c.tx
	selected := tx.db
	if selected != c.db {
		tx.Select(c.db)
		defer tx.Select(selected)
	}
	c.dirty = false
	tx.changes += int64(max(c.items-1, 0)) // the object itself counts as one
	c.items = 0
	if v.Len() == 0 && c.kind != KindStream { // only a stream may be empty
		c.storeNothing()
		return nil
	}
	e := tx.locate(c.key)
	if c.large && e.r != 0 {
		if old := tx.record(e); old.has(isLarge) {
			e.p.large.resize(old.handle(), v.MemUsage())
			tx.markChanged(e)
			if !c.quiet {
				tx.touch(e.p, c.key)
			}
			return nil
		}
	}
	return c.storeRecord(*e, v)
}

// storeNothing removes what the collection, which has no items any more, was.
func (c *collection) storeNothing() {
	tx := c.tx
	if c.exists {
		if c.large && tx.feeding() { // its items are gone already
			tx.feedTell(FeedUpdate, c.key, "", nil)
		}
		e := tx.find(c.key)
		tx.remove(&e, c.key)
		tx.Notify(NotifyGeneric, "del", c.key)
	} else {
		tx.effects.forget() // the effects so far made nothing, and the next ones begin anew
	}
	c.exists = false
}

// storeRecord makes a record with v the one of e, which the key was found at.
func (c *collection) storeRecord(e entry, v content) error {
	tx := c.tx
	img := image{kind: c.kind, clock: tx.usedClock(&e), key: c.key}
	if e.r != 0 {
		old := tx.record(&e)
		img.active, img.deadline = old.active(), old.deadline()
	}
	if img.value = v.Packed(); img.value == nil {
		img.large = true
		img.value = handleBytes(e.p.large.add(largeOf(v), v.MemUsage()))
	}
	if err := tx.put(&e, &img); err != nil {
		return err
	}
	tx.touch(e.p, c.key)
	c.large = img.large
	if !c.exists {
		c.exists = true
		tx.created(&e, c.key)
	}
	return nil
}

// open looks up key and loads what it holds into v, the content of a fresh handle. dirty is the handle already open for the key, if
// the command changed it before.
func (tx *Tx) openCollection(c *collection, v content, key []byte, kind Kind) (dirty handle, err error) {
	for _, h := range tx.open {
		if h.is(tx.db, key, kind) {
			return h, nil
		}
	}
	c.tx, c.key, c.db, c.kind = tx, key, tx.db, kind // one by one: a literal would be made elsewhere and copied
	c.exists, c.dirty, c.large, c.quiet, c.items = false, false, false, false, 0
	v.Reset()
	e, rec := tx.lookupRead(key)
	if rec == nil {
		return nil, nil
	}
	if err := mustBe(rec, kind); err != nil {
		return nil, err
	}
	c.exists, c.large = true, rec.has(isLarge)
	tx.loadInto(v, e, rec)
	return nil, nil
}

// loadInto lets v be the collection in rec.
func (tx *Tx) loadInto(v content, e *entry, rec record) {
	if !rec.has(isLarge) {
		v.Load(rec.value())
		return
	}
	loadLarge(v, e.p.large.get(rec.handle()))
}

func loadLarge(v content, large any) {
	switch v := v.(type) {
	case *value.Hash:
		v.LoadLarge(large.(*value.LargeHash))
	case *value.Set:
		v.LoadLarge(large.(*value.LargeSet))
	case *value.ZSet:
		v.LoadLarge(large.(*value.LargeZSet))
	case *value.List:
		v.LoadLarge(large.(*value.LargeList))
	case *value.Stream:
		v.LoadLarge(large.(*value.LargeStream))
	}
}

func largeOf(v content) any {
	switch v := v.(type) {
	case *value.Hash:
		return v.Large()
	case *value.Set:
		return v.Large()
	case *value.ZSet:
		return v.Large()
	case *value.Stream:
		return v.Large()
	default:
		return v.(*value.List).Large()
	}
}

func cloneContent(large any) any {
	switch l := large.(type) {
	case *value.LargeHash:
		return l.Clone()
	case *value.LargeSet:
		return l.Clone()
	case *value.LargeZSet:
		return l.Clone()
	case *value.LargeList:
		return l.Clone()
	case *value.LargeStream:
		return l.Clone()
	default:
		return &largeString{bytes.Clone(large.(*largeString).b)}
	}
}

func newCollection(kind Kind) content {
	switch kind {
	case KindHash:
		return new(value.Hash)
	case KindSet:
		return new(value.Set)
	case KindZSet:
		return new(value.ZSet)
	case KindStream:
		return new(value.Stream)
	default:
		return new(value.List)
	}
}

// encodeValue appends the value of rec in the form of snapshots.
func (tx *Tx) encodeValue(dst []byte, e *entry, rec record) []byte {
	switch {
	case rec.kind() == KindNone:
		return dst
	case rec.kind() == KindString:
		s, _, _ := tx.stringOf(e, rec)
		return append(dst, s...)
	}
	c := newCollection(rec.kind())
	tx.loadInto(c, e, rec)
	return c.Encode(dst)
}

// handlePools keep the handles of commands for reuse.
type handlePools struct {
	hashes  pool[Hash]
	sets    pool[Set]
	zsets   pool[ZSet]
	lists   pool[List]
	streams pool[Stream]
}

func (p *handlePools) reset() {
	p.hashes.used, p.sets.used, p.zsets.used, p.lists.used, p.streams.used = 0, 0, 0, 0, 0
}

// busy reports whether a command has handles.
func (p *handlePools) busy() bool {
	return p.hashes.used+p.sets.used+p.zsets.used+p.lists.used+p.streams.used > 0
}

// pool hands out items that live until the end of the command.
type pool[T any] struct {
	items []*T
	used  int
}

func (p *pool[T]) get() *T {
	if p.used == len(p.items) {
		p.items = append(p.items, new(T))
	}
	p.used++
	return p.items[p.used-1]
}
