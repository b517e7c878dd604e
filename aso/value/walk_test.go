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
	var x, x2 Stream
	lim.StreamNodeMaxEntries = 10
	for i := range n {
		x.Append(&lim, StreamID{Ms: uint64(i) + 1}, [][]byte{[]byte("field"), fmt.Append(nil, i)})
	}
	for _, g := range []string{"a", "b", "c"} {
		x.SetGroup([]byte(g), StreamID{Ms: 700}, 700)
		for i := range 700 {
			name := fmt.Append(nil, "consumer-", i%150)
			x.SetConsumer([]byte(g), name, int64(i))
			x.Deliver([]byte(g), name, Delivery{ID: StreamID{Ms: uint64(i) + 1}, At: int64(i), Count: int64(i % 5)})
		}
	}
	for name, parts := range map[string]int{
		"stream": pieces(t, x.Large(), &x2, 2000),
		"hash":   pieces(t, h.Large(), &h2, 2000), "set": pieces(t, s.Large(), &s2, 2000),
		"sorted set": pieces(t, z.Large(), &z2, 2000), "list": pieces(t, l.Large(), &l2, 2000),
	} {
		if parts < 10 {
			t.Errorf("%s: %d parts", name, parts)
		}
	}
	if h2.Len() != n || s2.Len() != n || z2.Len() != n || l2.Len() != n {
		t.Errorf("%d fields, %d members, %d scored, %d elements; want %d", h2.Len(), s2.Len(), z2.Len(), l2.Len(), n)
	}
	if held, want := x2.large.held, x2.large.measured(); held != want {
		t.Errorf("the stream holds %d bytes, and counts %d", want, held)
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
	if string(z2.Encode(nil)) != string(z.Encode(nil)) || string(l2.Encode(nil)) != string(l.Encode(nil)) || string(x2.Encode(nil)) != string(x.Encode(nil)) {
		t.Error("the sorted set, the list or the stream differs")
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

// streamParts returns a part with everything that a stream has.
func streamParts() []byte {
	var s Stream
	lim := DefaultLimits()
	for i := range 3 {
		s.Append(&lim, StreamID{Ms: uint64(i)*7 + 1}, [][]byte{[]byte("f"), []byte("v")})
	}
	s.SetGroup([]byte("g"), StreamID{Ms: 8}, 2)
	s.SetConsumer([]byte("g"), []byte("c"), 5)
	s.Deliver([]byte("g"), []byte("c"), Delivery{ID: StreamID{Ms: 1}, At: 5, Count: 1})
	part, _ := s.Large().AppendPart(nil, new(Walk), 1000)
	return part
}

func FuzzExtend(f *testing.F) {
	f.Add([]byte{formTable, 1, 'a', 1, 'b'})
	f.Add([]byte{formLarge, 1, '7'})
	f.Add([]byte{formTable, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 1, 'm'})
	f.Add(streamParts())
	f.Fuzz(func(t *testing.T, part []byte) {
		for _, c := range []interface {
			Extend(part []byte) error
			Encode(dst []byte) []byte
			Decode(b []byte, lim *Limits) error
		}{new(Hash), new(Set), new(ZSet), new(List), new(Stream)} {
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
