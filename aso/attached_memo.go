package aso

import "bytes"

// attachedMemo remembers the attachments that it read last, and what they handle: most objects have those of the one before.
type attachedMemo struct {
	encoded  []byte       // as in a section, with their number
	list     []attachment // aliases encoded
	codes    *codeTable   // that the rest is of
	versions []*Code      // of those without an alias; nil if it is not loaded
	set      Handlers
	byKey    bool // there are aliases: set and versions are not the same for all keys
}

// read reads the attachments of an encoded section, and returns what reads the rest.
func (m *attachedMemo) read(codes *codeTable, active []byte) decoder {
	if active == nil {
		active = noSection[:]
	}
	if n := len(m.encoded); n > 0 && m.codes == codes && len(active) >= 8+n && bytes.Equal(active[8:8+n], m.encoded) {
		return decoder{buf: active[8+n:]}
	}
	return m.learn(codes, active)
}

// noSection is a section without anything: no first timer, attachments, state and timers.
var noSection [8 + 3]byte

func (m *attachedMemo) learn(codes *codeTable, active []byte) decoder {
	rest := behindAttachments(active)
	*m = attachedMemo{encoded: m.encoded[:0], list: m.list[:0], versions: m.versions[:0]}
	if rest.err != nil {
		return rest
	}
	m.encoded, m.codes = append(m.encoded, active[8:len(active)-len(rest.buf)]...), codes
	d := decoder{buf: m.encoded}
	for n := d.uint(); n > 0; n-- {
		a := d.attachment()
		m.list, m.versions = append(m.list, a), append(m.versions, codes.byID[a.code])
		m.byKey = m.byKey || a.alias != AliasID{}
		m.set |= codes.handledBy(&a, nil)
	}
	return rest
}

// handles returns the events that the object at key handles by its attachments, which were read with the same codes.
func (m *attachedMemo) handles(codes *codeTable, key []byte) Handlers {
	if !m.byKey {
		return m.set
	}
	var set Handlers
	for i := range m.list {
		set |= codes.handledBy(&m.list[i], key)
	}
	return set
}

// version returns what key runs of attachment i, and the alias if that tries it.
func (m *attachedMemo) version(codes *codeTable, i int, key []byte) (*Code, *Alias) {
	if a := &m.list[i]; a.alias != (AliasID{}) {
		return codes.resolve(a.code, a.alias, key)
	}
	return m.versions[i], nil
}
