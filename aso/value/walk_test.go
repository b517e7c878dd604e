package value

import (
	"fmt"
	"testing"
)

// pieces copies a large value in parts of about limit bytes into to.
func pieces(t *testing.T, from interface {
	AppendPart(dst []byte, w *Walk, limit int) ([]byte, int)
}, to interface{ Extend(part []byte) error }, limit int,
) (parts int) {
	t.Helper()
	var w Walk
	for !w.Done {
		part, _ := from.AppendPart(nil, &w, limit)
		if err := to.Extend(part); err != nil {
			t.Fatal(err)
		}
		if parts++; len(part) > limit+200 {
			t.Errorf("a part of %d bytes, want about %d", len(part), limit)
		}
	}
	return parts
}

func TestPartsMakeTheWhole(t *testing.T) {
	lim := DefaultLimits()
	var h, h2 Hash
	var s, s2 Set
	var z, z2 ZSet
	var l, l2 List
	const n = 3000
	for i := range n {
		b := fmt.Appendf(nil, "item-%d", i)
		h.Set(&lim, b, b)
		s.Add(&lim, b)
		z.Set(&lim, b, float64(i%50))
		l.PushBack(&lim, b)
	}
	for name, parts := range map[string]int{
		"hash": pieces(t, h.Large(), &h2, 2000), "set": pieces(t, s.Large(), &s2, 2000),
		"sorted set": pieces(t, z.Large(), &z2, 2000), "list": pieces(t, l.Large(), &l2, 2000),
	} {
		if parts < 10 {
			t.Errorf("%s: %d parts", name, parts)
		}
	}
	if h2.Len() != n || s2.Len() != n || z2.Len() != n || l2.Len() != n {
		t.Errorf("%d fields, %d members, %d scored, %d elements; want %d", h2.Len(), s2.Len(), z2.Len(), l2.Len(), n)
	}
	h.Each(func(f, v []byte) bool {
		if got, _ := h2.Get(f); string(got) != string(v) {
			t.Errorf("field %q is %q", f, got)
		}
		return true
	})
	s.Each(func(m []byte) bool {
		if !s2.Contains(m) {
			t.Errorf("member %q is missing", m)
		}
		return true
	})
	if string(z2.Encode(nil)) != string(z.Encode(nil)) || string(l2.Encode(nil)) != string(l.Encode(nil)) {
		t.Error("the sorted set or the list differs")
	}
	if h2.Encoding() != h.Encoding() || s2.Encoding() != s.Encoding() || z2.Encoding() != z.Encoding() {
		t.Error("an encoding differs")
	}
}

// A sorted set of integers, and values that are large only by their bytes, keep the encoding that clients see.
func TestPartsKeepTheEncoding(t *testing.T) {
	lim := DefaultLimits()
	lim.PackedMax = 50
	var s, s2 Set
	var h, h2 Hash
	for i := range 100 {
		s.Add(&lim, fmt.Append(nil, i*1000))
		h.Set(&lim, fmt.Append(nil, i), []byte("v"))
	}
	pieces(t, s.Large(), &s2, 100)
	pieces(t, h.Large(), &h2, 100)
	if s2.Encoding() != "intset" || h2.Encoding() != "listpack" {
		t.Errorf("encodings %s, %s", s2.Encoding(), h2.Encoding())
	}
}

func FuzzExtend(f *testing.F) {
	f.Add([]byte{formTable, 1, 'a', 1, 'b'})
	f.Add([]byte{formLarge, 1, '7'})
	f.Add([]byte{formTable, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 1, 'm'})
	f.Fuzz(func(t *testing.T, part []byte) {
		for _, c := range []interface {
			Extend(part []byte) error
			Encode(dst []byte) []byte
			Decode(b []byte, lim *Limits) error
		}{new(Hash), new(Set), new(ZSet), new(List)} {
			if c.Extend(part) != nil {
				continue
			}
			lim := DefaultLimits()
			if err := c.Decode(c.Encode(nil), &lim); err != nil {
				t.Errorf("%T of %q: %v", c, part, err)
			}
		}
	})
}
