package aso

import (
	"encoding/binary"
	"slices"
)

// section is the active part of an object: what makes it more than a value. In a record it is
//
//	first timer 8            Unix milliseconds, little endian; 0 is none
//	attachments              count, then flags, version, and as they say alias and parameters (name and text pairs) each
//	state                    as the sandbox encodes it
//	timers                   count, then each timer
type section struct {
	attached []attachment
	state    []byte
	timers   []Timer
}

// attachment is a handler on an object, or the memory of one that a rule gave it.
type attachment struct {
	code   CodeID  // the version; with an alias, and for a rule, the one that the object ran last
	alias  AliasID // zero if the version is fixed
	params []byte  // as encodeParams writes them
	flags  byte
}

// Flags of an attachment.
const (
	attachedAlias   = 1 << iota // it has an alias
	attachedParams              // it has parameters
	attachedObserve             // what the handler does is taken back
	attachedByRule              // a rule's handler ran, and left state or timers; the rule has the rest
)

func (a *attachment) has(flag byte) bool { return a.flags&flag != 0 }

func (a *attachment) encode(log *effectLog) {
	flags := a.flags &^ (attachedAlias | attachedParams)
	if a.alias != (AliasID{}) {
		flags |= attachedAlias
	}
	if len(a.params) > 0 {
		flags |= attachedParams
	}
	log.op(flags)
	log.buf = append(log.buf, a.code[:]...)
	if flags&attachedAlias != 0 {
		log.buf = append(log.buf, a.alias[:]...)
	}
	if flags&attachedParams != 0 {
		log.bytes(a.params)
	}
}

// nextTimer returns when the first timer of an encoded section is due, in Unix milliseconds, or 0.
func nextTimer(active []byte) int64 {
	if len(active) < 8 {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(active))
}

// empty reports whether nothing is left that is worth keeping: the memory of a rule's handler alone is not.
func (s *section) empty() bool {
	return s.own() == 0 && len(s.state) == 0 && len(s.timers) == 0
}

// own returns the number of handlers that were attached to the object itself. They come first.
func (s *section) own() int {
	n := slices.IndexFunc(s.attached, func(a attachment) bool { return a.has(attachedByRule) })
	if n < 0 {
		return len(s.attached)
	}
	return n
}

// encode appends the section to dst.
func (s *section) encode(dst []byte) []byte {
	var first int64
	for i := range s.timers {
		if at := s.timers[i].At; first == 0 || at < first {
			first = at
		}
	}
	log := effectLog{buf: binary.LittleEndian.AppendUint64(dst, uint64(first))}
	log.uint(uint64(len(s.attached)))
	for i := range s.attached {
		s.attached[i].encode(&log)
	}
	log.bytes(s.state)
	log.uint(uint64(len(s.timers)))
	for i := range s.timers {
		s.timers[i].encode(&log)
	}
	return log.buf
}

// decode reads an encoded section; its slices alias active.
func (s *section) decode(active []byte) error {
	*s = section{attached: s.attached[:0], timers: s.timers[:0]}
	if len(active) == 0 {
		return nil
	}
	d := attachments(active)
	for n := d.uint(); n > 0 && d.err == nil; n-- {
		s.attached = append(s.attached, d.attachment())
	}
	s.state = d.bytes()
	for n := d.uint(); n > 0 && d.err == nil; n-- {
		s.timers = append(s.timers, decodeTimer(&d))
	}
	if len(d.buf) > 0 {
		return errCorrupt
	}
	return d.err
}

// attachments returns a decoder that stands at the number of attachments of an encoded section.
func attachments(active []byte) decoder {
	if len(active) < 8 {
		return decoder{err: errCorrupt}
	}
	return decoder{buf: active[8:]}
}

func (d *decoder) attachment() (a attachment) {
	a.flags, a.code = d.byte(), d.codeID()
	if a.has(attachedAlias) {
		a.alias = AliasID(d.codeID())
	}
	if a.has(attachedParams) {
		a.params = d.bytes()
	}
	return a
}

// attachedPart returns the bytes of an encoded section that are its attachments, nil if it has none.
func attachedPart(active []byte) []byte {
	if len(active) <= 8 || active[8] == 0 {
		return nil
	}
	d := behindAttachments(active)
	return active[8 : len(active)-len(d.buf)]
}

// behindAttachments returns a decoder that stands behind the attachments of an encoded section.
func behindAttachments(active []byte) decoder {
	d := attachments(active)
	for n := d.uint(); n > 0 && d.err == nil; n-- {
		d.attachment()
	}
	return d
}

// withState appends an encoded section to dst with another state.
func withState(dst, active, state []byte) ([]byte, error) {
	d := behindAttachments(active)
	head := len(active) - len(d.buf)
	d.bytes()
	if d.err != nil {
		return dst, d.err
	}
	log := effectLog{buf: append(dst, active[:head]...)}
	log.bytes(state)
	return append(log.buf, d.buf...), nil
}

// section reads the active section of the object at e into s.
func (tx *Tx) section(e *entry, s *section) error {
	if e.r == 0 {
		return s.decode(nil)
	}
	return s.decode(tx.record(e).active())
}

// putSection makes s the active section of the object at key, which e was found for. An object with neither value nor section is gone.
func (tx *Tx) putSection(e *entry, key []byte, s *section) error {
	active := tx.encodeSection(s)
	tx.effectActive(key, active)
	return tx.setActive(e, key, active)
}

// encodeSection returns s as a record has it, nil if it is empty. It is valid until the next one is encoded.
func (tx *Tx) encodeSection(s *section) []byte {
	if s.empty() {
		return nil
	}
	tx.active = s.encode(tx.active[:0])
	return tx.active
}

// recordSection records the section of the object at key, or that it has none, unless one was recorded since there were so many.
func (tx *Tx) recordSection(key []byte, since int) {
	if tx.sections != since {
		return
	}
	var active []byte
	if e := tx.find(key); e.r != 0 {
		active = tx.record(&e).active()
	}
	tx.effectActive(key, active)
}

func (tx *Tx) effectActive(key, active []byte) {
	l := &tx.effects
	if !l.on || tx.replay {
		return
	}
	tx.sections++
	l.object(tx.db, key)
	l.op(opActive)
	l.bytes(active)
}

// applyActive makes active the section of the object at key, as an effect says.
func (tx *Tx) applyActive(key, active []byte) error {
	if err := tx.Flush(); err != nil {
		return err
	}
	if len(active) == 0 {
		active = nil
	} else if err := new(section).decode(active); err != nil {
		return err
	}
	e := tx.find(key)
	return tx.setActive(&e, key, active)
}

func (tx *Tx) setActive(e *entry, key, active []byte) error {
	if e.r == 0 {
		if active == nil {
			return nil
		}
		return tx.put(e, &image{kind: KindNone, key: key, active: active, clock: tx.newClock()})
	}
	rec := tx.record(e)
	if active == nil && rec.kind() == KindNone {
		tx.drop(e, key)
		return nil
	}
	old := rec.active()
	if old != nil && len(old) == len(active) && (nextTimer(old) != 0) == (nextTimer(active) != 0) {
		tx.undo.save(tx, e, key)
		tx.markChanged(e)
		tx.ks.users.recount(old, active)
		copy(old, active)
		if rec.has(hasDue) {
			img := rec.image()
			e.d.heapOf(img.timed()).set(rec.heapIndex(), img.due())
			tx.timed = true
		}
		return nil
	}
	img := rec.image()
	img.active = active
	return tx.put(e, &img)
}
