package aso

import "encoding/binary"

// section is the active part of an object: what makes it more than a value. In a record it is
//
//	first timer 8            Unix milliseconds, little endian; 0 is none
//	attachments              count, then id, parameters (name and text pairs) each
//	state                    as the sandbox encodes it
//	timers                   count, then each timer
type section struct {
	attached []attachment
	state    []byte
	timers   []Timer
}

// attachment is a handler on an object.
type attachment struct {
	code   CodeID
	params []byte // as appendParams writes them
}

// nextTimer returns when the first timer of an encoded section is due, in Unix milliseconds, or 0.
func nextTimer(active []byte) int64 {
	if len(active) < 8 {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(active))
}

// empty reports whether nothing is left that is worth keeping.
func (s *section) empty() bool {
	return len(s.attached) == 0 && len(s.state) == 0 && len(s.timers) == 0
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
		log.buf = append(log.buf, s.attached[i].code[:]...)
		log.bytes(s.attached[i].params)
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
	d := s.decodeHandlers(active)
	for n := d.uint(); n > 0 && d.err == nil; n-- {
		s.timers = append(s.timers, decodeTimer(&d))
	}
	if len(d.buf) > 0 {
		return errCorrupt
	}
	return d.err
}

// decodeHandlers reads the attachments and the state of an encoded section, which alias active, and returns what reads the timers.
func (s *section) decodeHandlers(active []byte) decoder {
	s.attached, s.state = s.attached[:0], nil
	d := attachments(active)
	for n := d.uint(); n > 0 && d.err == nil; n-- {
		s.attached = append(s.attached, d.attachment())
	}
	s.state = d.bytes()
	return d
}

// attachments returns a decoder that stands at the number of attachments of an encoded section.
func attachments(active []byte) decoder {
	if len(active) < 8 {
		return decoder{err: errCorrupt}
	}
	return decoder{buf: active[8:]}
}

func (d *decoder) attachment() (a attachment) {
	if len(d.buf) < len(a.code) {
		d.fail()
		return a
	}
	copy(a.code[:], d.buf)
	d.buf = d.buf[len(a.code):]
	a.params = d.bytes()
	return a
}

// withState appends an encoded section to dst with another state.
func withState(dst, active, state []byte) ([]byte, error) {
	d := attachments(active)
	for n := d.uint(); n > 0 && d.err == nil; n-- {
		d.attachment()
	}
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
	var active []byte
	if !s.empty() {
		tx.active = s.encode(tx.active[:0])
		active = tx.active
	}
	tx.effectActive(key, active)
	return tx.setActive(e, key, active)
}

func (tx *Tx) effectActive(key, active []byte) {
	l := &tx.effects
	if !l.on || tx.replay {
		return
	}
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
		return tx.put(e, &image{kind: KindNone, key: key, active: active, clock: clockOf(tx.now)})
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
