package value

import "encoding/binary"

// Encode appends the set for [Set.Decode].
func (s *Set) Encode(dst []byte) []byte {
	if s.large == nil {
		return append(append(dst, formPacked), s.p.b...)
	}
	dst = append(dst, largeForm(s.large.table))
	dst = binary.AppendUvarint(dst, uint64(s.large.dict.n))
	s.large.dict.each(func(member, _ []byte) bool {
		dst = appendChunk(dst, member)
		return true
	})
	return dst
}

// Decode loads what Encode made. A set that stays packed borrows b. After an
// error, which wraps [ErrCorrupt], the cursor is empty.
func (s *Set) Decode(b []byte, lim *Limits) error {
	s.Reset()
	form, r, err := newReader("set", b)
	if err != nil {
		return err
	}
	if form == formPacked {
		return s.decodePacked(r, lim)
	}
	l := newLargeSet()
	l.table = form == formTable
	if err := r.fill(&l.dict, l.dict.set, func() (member, _ []byte) { return r.member(l.table), nil }); err != nil {
		return err
	}
	s.large = l
	return nil
}

// member reads a member; outside a hash table it has to be an integer.
func (r *reader) member(table bool) []byte {
	m := r.chunk()
	if _, ok := ParseInt(m); !table && !ok {
		r.fail("not an integer")
	}
	return m
}

func (s *Set) decodePacked(r *reader, lim *Limits) error {
	whole := r.all
	if len(whole) == 0 {
		return nil
	}
	if whole[0] != 0 {
		if err := checkIntset(r); err != nil {
			return err
		}
	} else {
		r.at = 1
		if r.rest() == 0 {
			r.fail("no entries")
		}
		if err := checkPacked(r, 1); err != nil {
			return err
		}
	}
	s.Load(whole)
	switch {
	case s.ints() && s.Len() > lim.SetMaxIntsetEntries:
		s.toStrings(lim)
	case len(whole) > lim.PackedMax:
		table := !s.ints()
		s.grow()
		s.large.table = table
	}
	return nil
}

// checkIntset verifies a packed set of integers.
func checkIntset(r *reader) error {
	b := r.all
	width := int(b[0])
	if width != 2 && width != 4 && width != 8 {
		r.fail("bad width")
		return r.err
	}
	if len(b) == 1 || (len(b)-1)%width != 0 {
		r.fail("bad size")
		return r.err
	}
	for i := 1; i < intsetLen(b); i++ {
		if intsetAt(b, i-1) >= intsetAt(b, i) {
			r.fail("not ascending")
		}
	}
	return r.err
}
