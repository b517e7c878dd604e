package aso

import (
	"slices"

	"comet/aso/sandbox"
	"comet/aso/value"
)

// before is an object on the way back from how it is to how it was.
type before struct {
	savedRecord
	inside []*undoStep // changes inside large since then, the last one first
	grew   int         // by these
}

// ValueBefore returns the value that the object at key had at m, as VisibleValue would have then: of a large one nothing is kept beforehand, it is made
// of the present one and of what a rollback to m needs. The object must not have been renamed since m. No collection may be open.
func (tx *Tx) ValueBefore(m Mark, key []byte) sandbox.Value {
	e := tx.find(key)
	b := before{savedRecord: tx.saved(&e)}
	steps := tx.undo.steps[m.undo:]
	for i := range slices.Backward(steps) {
		if steps[i].is(tx.db, key) {
			b.pass(&steps[i])
		}
	}
	return b.value(tx.ks.RunMemory())
}

// pass takes the object to before a change.
func (b *before) pass(s *undoStep) {
	switch {
	case s.run == nil && (s.saved.large == nil || s.saved.large != b.large):
		*b = before{savedRecord: s.saved}
	case s.run == nil: // the value stayed where it was
		b.rec = s.saved.rec
	case s.large != nil && s.large == b.large:
		b.inside = append(b.inside, s)
		b.grew += s.grew
	}
}

// value returns the value, or of one that exceeds limit a part that does, too.
func (b *before) value(limit int) sandbox.Value {
	if b.rec == nil || b.rec.kind() == KindNone {
		return sandbox.Value{}
	}
	if b.rec.kind() == KindString {
		return b.text(limit)
	}
	c := newCollection(b.rec.kind())
	if b.large == nil {
		c.Load(b.rec.value())
	} else {
		loadLarge(c, b.large)
	}
	if s, ok := b.large.(*value.LargeStream); ok {
		loadLarge(c, b.takenBack(s.Entries()))
	} else if len(b.inside) > 0 {
		if v, used := collectionUpTo(c, limit+b.grew); used > limit+b.grew {
			return v // without all that the changes have put there, it is still too large, and a copy would be without bound
		}
		loadLarge(c, b.takenBack(cloneContent(b.large)))
	}
	v, _ := collectionUpTo(c, limit)
	return v
}

// text is value for a string, which changes never make shorter.
func (b *before) text(limit int) sandbox.Value {
	if b.large == nil {
		s := b.rec.value()
		return sandbox.StringValue(string(s[:min(len(s), limit+1)]))
	}
	s := b.large.(*largeString).b
	s = s[:min(len(s), limit+1)]
	if len(b.inside) > 0 {
		s = b.takenBack(&largeString{slices.Clone(s)}).(*largeString).b
	}
	return sandbox.StringValue(string(s))
}

// takenBack takes the changes inside of a value back in large, a copy of it.
func (b *before) takenBack(large any) any {
	for _, s := range b.inside {
		s.run(large)
	}
	return large
}
