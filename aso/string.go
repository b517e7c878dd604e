package aso

import (
	"encoding/binary"
	"slices"

	"comet/aso/value"
)

// KeepDeadline, as a deadline, leaves the one that is there.
const KeepDeadline int64 = -1

// embstrMax is the length in bytes up to which OBJECT ENCODING calls a string embstr.
const embstrMax = 44

// largeString is a string that is too long for a record.
type largeString struct{ b []byte }

// String returns the string at key, for reading; ok is false if there is none.
func (tx *Tx) String(key []byte) (s []byte, ok bool, err error) {
	e, rec := tx.lookupRead(key)
	return tx.stringOf(e, rec)
}

// HintedString returns the string at key, whose hint is h, for reading; ok is false if there is none. Unlike String it is not for a key that is
// looked up again soon.
func (tx *Tx) HintedString(key []byte, h Hint) (s []byte, ok bool) {
	var e entry
	if tx.findHinted(&e, key, h); e.r != 0 && len(tx.hidden) == 0 {
		if rec := tx.record(&e); rec.kind() == KindString && !rec.has(isLarge) && rec.deadline() == 0 {
			tx.CountRead(key, true)
			tx.use(&e, rec)
			return rec.value(), true
		}
	}
	tx.Expect(key, h)
	s, ok, _ = tx.String(key)
	return s, ok
}

func (tx *Tx) stringOf(e *entry, rec record) (s []byte, ok bool, err error) {
	switch {
	case rec == nil:
		return nil, false, nil
	case rec.kind() != KindString:
		return nil, false, ErrWrongType
	case rec.has(isLarge):
		return e.p.large.get(rec.handle()).(*largeString).b, true, nil
	}
	return rec.value(), true, nil
}

// SetString makes the string s the value of key, whatever it held. deadline is in Unix milliseconds, 0 for none, or KeepDeadline.
// s may alias the old value.
func (tx *Tx) SetString(key, s []byte, deadline int64) error {
	return tx.setString(key, s, deadline, stringEncoding(s))
}

// SetRawString is SetString for a string that was changed in part: OBJECT ENCODING calls it raw.
func (tx *Tx) SetRawString(key, s []byte, deadline int64) error {
	return tx.setString(key, s, deadline, encRaw)
}

// GiveString makes the raw string s, which is the keyspace's from now on, the value of key, whatever it held, without a deadline.
func (tx *Tx) GiveString(key, s []byte) error {
	return tx.setImage(key, &image{encoding: encRaw, key: key, value: s}, s, 0)
}

// StringMemory returns n bytes of any content for what GiveString makes the value of key next. They may be those of the string that is there.
func (tx *Tx) StringMemory(key []byte, n int) []byte {
	e, rec := tx.lookup(key)
	if b := tx.unneeded(&e, rec, n); b != nil {
		return b
	}
	return make([]byte, n)
}

// unneeded returns n bytes of memory of the large string in rec, the record of e, which is about to be replaced: nil if it has not about as many, or
// somebody wants to know what it was.
func (tx *Tx) unneeded(e *entry, rec record, n int) []byte {
	if rec == nil || !rec.has(isLarge) || rec.kind() != KindString || tx.undo.on || tx.feeding() {
		return nil
	}
	b := e.p.large.get(rec.handle()).(*largeString).b
	if cap(b) < n || cap(b)-n > n/8 {
		return nil
	}
	return b[:n]
}

func stringEncoding(s []byte) uint8 {
	if len(s) <= 20 {
		if _, ok := value.ParseInt(s); ok {
			return encInt
		}
	}
	if len(s) <= embstrMax {
		return encEmbstr
	}
	return encRaw
}

func (tx *Tx) setString(key, s []byte, deadline int64, encoding uint8) error {
	return tx.setImage(key, &image{encoding: encoding, key: key, value: s}, nil, deadline)
}

// setImage makes img, of which the key, the value and its encoding are set, the string at key. What keeps the key must not take it from img: the
// compiler would have the value on the heap, too. given is the value if nobody else uses its
// buffer, else nil.
func (tx *Tx) setImage(key []byte, img *image, given []byte, deadline int64) error {
	e, rec := tx.lookup(key)
	img.kind, img.clock, img.deadline = KindString, tx.usedClock(&e), max(deadline, 0)
	if e.r != 0 {
		old := tx.record(&e)
		img.active = old.active()
		if deadline == KeepDeadline {
			img.deadline = old.deadline()
		}
	}
	tx.effectString(img)
	return tx.putString(&e, rec, key, img, given)
}

// putString makes the string img the record of e, which was rec, without an effect.
func (tx *Tx) putString(e *entry, rec record, key []byte, img *image, given []byte) error {
	if s := img.value; len(s) > tx.ks.limits.Load().PackedMax {
		img.large = true
		if given == nil { // s itself is never kept, so that callers can have it on their stacks
			if given = tx.unneeded(e, rec, len(s)); given == nil {
				given = make([]byte, len(s))
			}
			copy(given, s)
		}
		content := &largeString{given}
		img.value = handleBytes(e.p.large.add(content, memUsage(content)))
	}
	if err := tx.put(e, img); err != nil {
		return err
	}
	tx.touch(e.p, key)
	if rec == nil {
		tx.created(e, key)
	}
	return nil
}

func (tx *Tx) effectString(img *image) {
	l := &tx.effects
	if !l.on || tx.replay {
		return
	}
	l.object(tx.db, img.key)
	l.op(opString)
	l.op(img.encoding)
	l.int(img.deadline)
	l.bytes(img.value)
}

// created tells those who wait for a new key.
func (tx *Tx) created(e *entry, key []byte) {
	tx.Notify(NotifyNew, "new", key)
	tx.signalReady(e.p, key)
}

// Splice overwrites the string at key from offset on with s, padding with zero bytes as needed, and returns its new length. The
// deadline stays. A missing key is an empty string.
func (tx *Tx) Splice(key []byte, offset int, s []byte) (length int, err error) {
	e, rec := tx.lookup(key)
	if rec != nil && rec.has(isLarge) && rec.kind() == KindString {
		large := e.p.large.get(rec.handle()).(*largeString)
		tx.effectAt(key, opSplice, offset, s)
		tx.undoSplice(key, large, offset, len(s))
		large.b = splice(large.b, offset, s)
		e.p.large.resize(rec.handle(), memUsage(large))
		tx.markChanged(&e)
		tx.touch(e.p, key)
		return len(large.b), nil
	}
	old, found, err := tx.stringOf(&e, rec)
	switch {
	case err != nil:
		return 0, err
	case !found:
		tx.built = splice(tx.built[:0], offset, s)
		return len(tx.built), tx.SetRawString(key, tx.built, KeepDeadline)
	}
	tx.effectAt(key, opSplice, offset, s)
	if tx.spliceInPlace(&e, rec, key, len(rec)-len(old)+offset, s) {
		return max(len(old), offset+len(s)), nil
	}
	tx.built = splice(append(tx.built[:0], old...), offset, s)
	img := image{kind: KindString, encoding: encRaw, clock: tx.usedClock(&e), key: key, value: tx.built, deadline: rec.deadline(), active: rec.active()}
	return len(tx.built), tx.putString(&e, rec, key, &img, nil)
}

// spliceInPlace puts s at the place at of the record rec of e, which is in its string or behind that in the block. It reports false if the block is too small.
func (tx *Tx) spliceInPlace(e *entry, rec record, key []byte, at int, s []byte) bool {
	block, end := rec, at+len(s)
	if end > len(rec) {
		class := rec.class()
		if class == hugeClass || end > min(classSizes[class], rec.valueOffset()+tx.ks.limits.Load().PackedMax) {
			return false
		}
		block = tx.ks.arena.bytes(e.r, classSizes[class])
	}
	tx.undo.save(tx, e, key)
	tx.feedBefore(e, key)
	tx.markChanged(e)
	if len(block) > len(rec) {
		clear(block[len(rec):max(at, len(rec))])
		setSlack(block, end)
	}
	copy(block[at:], s)
	rec[1] = byte(KindString) | encRaw<<4
	rec.setClock(tx.usedClock(e))
	tx.touch(e.p, key)
	return true
}

// Scratch returns a copy of b, with room for more bytes behind it, in memory that is the Tx's: the next call uses it again.
func (tx *Tx) Scratch(b []byte, room int) []byte {
	tx.scratch = append(slices.Grow(tx.scratch[:0], len(b)+room), b...)
	return tx.scratch
}

func splice(dst []byte, offset int, s []byte) []byte {
	if need := offset + len(s); need > len(dst) {
		dst = append(dst, make([]byte, need-len(dst))...)
	}
	copy(dst[offset:], s)
	return dst
}

func (tx *Tx) undoSplice(key []byte, large *largeString, offset, n int) {
	if !tx.undo.on {
		return
	}
	length := len(large.b)
	var over []byte
	if offset < length {
		over = append(over, large.b[offset:min(offset+n, length)]...)
	}
	tx.undo.addInside(tx.db, key, large, 0, func(large any) {
		s := large.(*largeString) // or a copy of what it begins with
		s.b = s.b[:min(length, len(s.b))]
		copy(s.b[min(offset, len(s.b)):], over)
	})
}

func handleBytes(h uint32) []byte { return binary.LittleEndian.AppendUint32(nil, h) }

// memUsage returns the bytes that a large value holds.
func memUsage(content any) int {
	return content.(interface{ MemUsage() int }).MemUsage()
}

// MemUsage returns the bytes the string holds.
func (l *largeString) MemUsage() int { return cap(l.b) + 24 }
