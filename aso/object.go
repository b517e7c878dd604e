package aso

import "slices"

// Object describes the value of a key.
type Object struct {
	Kind      Kind
	Encoding  string // as OBJECT ENCODING names it
	Deadline  int64  // Unix milliseconds, 0 for none
	Idle      int64  // seconds since the last use, if frequencies are not counted
	Frequency uint8  // how often it is used, if they are
	Memory    int    // bytes it holds
}

// Exists reports whether key has a value.
func (tx *Tx) Exists(key []byte) bool {
	_, rec := tx.lookup(key)
	return rec != nil
}

// Kind returns the kind of the value at key, KindNone if there is none.
func (tx *Tx) Kind(key []byte) Kind {
	_, rec := tx.lookup(key)
	if rec == nil {
		return KindNone
	}
	return rec.kind()
}

// Touch notes an access to key, and reports whether it has a value.
func (tx *Tx) Touch(key []byte) bool {
	_, rec := tx.lookupRead(key)
	return rec != nil
}

// Deadline returns when key expires, in Unix milliseconds, 0 for never. ok is false if it has no value.
func (tx *Tx) Deadline(key []byte) (at int64, ok bool) {
	_, rec := tx.lookup(key)
	if rec == nil {
		return 0, false
	}
	return rec.deadline(), true
}

// SetDeadline changes when key, which has a value, expires: Unix milliseconds, or 0 for never. A time that has passed is the caller's
// to treat as a deletion.
func (tx *Tx) SetDeadline(key []byte, at int64) error {
	e, rec := tx.lookup(key)
	if rec == nil {
		return nil
	}
	tx.use(&e, rec)
	if rec.deadline() == at {
		tx.touchUnchanged(e.p, key)
		return nil
	}
	tx.effectDeadline(key, at)
	img := rec.image()
	img.deadline = at
	if rec.deadline() != 0 && at != 0 && !rec.has(hasActive) { // it has no timers
		tx.undo.save(tx, &e, key)
		tx.feedBefore(&e, key)
		tx.markChanged(&e)
		tx.noteDeadline(key)
		rec.setDeadline(at)
		e.d.due.set(rec.heapIndex(), at)
		tx.timed = true
	} else if err := tx.put(&e, &img); err != nil {
		return err
	}
	tx.touch(e.p, key)
	return nil
}

// WroteSame notes that a command wrote the value of key as it was, which Redis takes for a change: transactions that watch it fail, and who has
// cached it is told.
func (tx *Tx) WroteSame(key []byte) {
	tx.touchUnchanged(&tx.ks.parts[partitionOf(Slot(key))], key)
}

func (tx *Tx) effectDeadline(key []byte, at int64) {
	l := &tx.effects
	if !l.on || tx.replay {
		return
	}
	l.object(tx.db, key)
	l.op(opDeadline)
	l.int(at)
}

// Delete removes the value of key and reports whether there was one. It publishes nothing.
func (tx *Tx) Delete(key []byte) bool {
	e, rec := tx.lookup(key)
	if rec == nil {
		return false
	}
	tx.remove(&e, key)
	return true
}

// remove removes the object of e.
func (tx *Tx) remove(e *entry, key []byte) {
	tx.effect(key, opDelete)
	tx.vanish(e, key)
}

// vanish is remove without its effect.
func (tx *Tx) vanish(e *entry, key []byte) {
	tx.feedBefore(e, key)
	tx.touch(e.p, key)
	tx.drop(e, key)
}

// Object describes the value at key without counting as an access; ok is false if there is none.
func (tx *Tx) Object(key []byte) (o Object, ok bool) {
	e, rec := tx.lookup(key)
	if rec == nil {
		return Object{}, false
	}
	o = Object{Kind: rec.kind(), Deadline: rec.deadline(), Memory: tx.ks.arena.blockSize(e.r, rec.class())}
	if tx.rates != nil {
		o.Frequency = tx.rates.count(rec.clock(), tx.now)
	} else {
		o.Idle = idleSeconds(rec.clock(), tx.now)
	}
	o.Memory += placeSize * len(e.t.places) / e.t.count // its share of the table
	if rec.has(isLarge) {
		o.Memory += memUsage(e.p.large.get(rec.handle()))
	}
	o.Encoding = tx.encodingOf(&e, rec)
	return o, true
}

func (tx *Tx) encodingOf(e *entry, rec record) string {
	if rec.kind() == KindString {
		return [...]string{encRaw: "raw", encEmbstr: "embstr", encInt: "int"}[rec.encoding()]
	}
	c := newCollection(rec.kind())
	tx.loadInto(c, e, rec)
	return c.Encoding()
}

// Copy makes dst in database db hold a copy of the value and the deadline of src, which exists; the value that dst held is gone.
// Handlers, state and timers of src are not copied; those of dst stay.
func (tx *Tx) Copy(src []byte, db int, dst []byte) error {
	e, rec := tx.lookup(src)
	if rec == nil {
		return ErrNoSuchKey
	}
	img := rec.image()
	img.key, img.active, img.clock = dst, nil, tx.newClock()
	if img.large {
		img.value = nil
	}
	return tx.transfer(&e, rec, img, db, dst, true)
}

// Rename moves the object at src, which exists, to dst in database db, with its deadline, handlers, state and timers; what dst held is gone.
func (tx *Tx) Rename(src []byte, db int, dst []byte) error {
	tx.inDB(db, func() { tx.lookup(dst) }) // what has expired there dies before the move
	e, rec := tx.lookup(src)
	if rec == nil {
		return ErrNoSuchKey
	}
	tx.use(&e, rec)
	img := rec.image()
	img.key = dst
	return tx.transfer(&e, rec, img, db, dst, false)
}

// transfer puts img, made from the record rec of e, at dst, and removes e unless it is to stay.
func (tx *Tx) transfer(e *entry, rec record, img image, db int, dst []byte, stay bool) error {
	img.active, img.value = cloneIfSet(img.active), slices.Clone(img.value)
	src, from := slices.Clone(rec.key()), tx.db
	var content any
	if img.large {
		content = e.p.large.get(rec.handle())
		if stay {
			content = cloneContent(content)
		}
	}
	moved := !stay && tx.effectMove(src, db, dst)
	remove := tx.remove
	if moved {
		remove = tx.vanish
	}
	var encoded []byte
	if tx.effects.on && !tx.replay && !moved {
		encoded = tx.encodeValue(nil, e, rec)
	}
	if !stay {
		remove(e, src)
	}
	tx.Select(db)
	defer tx.Select(from)
	if old, rec := tx.lookup(dst); rec != nil || old.r != 0 {
		if stay {
			img.active = cloneIfSet(tx.record(&old).active())
		}
		remove(&old, dst)
	}
	to := tx.find(dst)
	if img.large {
		img.value = handleBytes(to.p.large.add(content, memUsage(content)))
	}
	if !moved {
		tx.effectPacked(&img, encoded)
	}
	if err := tx.put(&to, &img); err != nil {
		return err
	}
	tx.touch(to.p, dst)
	tx.created(&to, dst)
	return nil
}

// effectMove records that the object at src goes to dst of database db, and reports whether that says all. A snapshot that is being made may show the one
// place as it was before and the other as it is after that, and would not have the value: then the effects must make it. No snapshot can begin
// to copy either place before the Tx ends, which holds their locks.
func (tx *Tx) effectMove(src []byte, db int, dst []byte) bool {
	l := &tx.effects
	if !l.on || tx.replay || tx.ks.capturing.Load() > 0 {
		return false
	}
	l.object(tx.db, src)
	l.op(opMove)
	l.uint(uint64(db))
	l.bytes(dst)
	return true
}

func cloneIfSet(b []byte) []byte {
	if b == nil {
		return nil
	}
	return slices.Clone(b)
}

// effectPacked records that the object of img is the value encoded.
func (tx *Tx) effectPacked(img *image, encoded []byte) {
	l := &tx.effects
	if !l.on || tx.replay {
		return
	}
	l.object(tx.db, img.key)
	l.op(opPacked)
	l.op(byte(img.kind))
	l.op(img.encoding)
	l.int(img.deadline)
	l.bytes(encoded)
	if img.active != nil {
		l.op(opActive)
		l.bytes(img.active)
	}
}
