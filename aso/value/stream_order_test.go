package value

import "testing"

// IDs may go on below entries that were deleted at the end, as XSETID lets them. Such a stream can be read back, at once and in parts.
func TestIDsGoOnBelowDeletedEntries(t *testing.T) {
	lim := DefaultLimits()
	lim.StreamNodeMaxEntries = 3
	pairs := [][]byte{[]byte("f"), []byte("v")}
	add := func(s *Stream, ids ...uint64) {
		for _, id := range ids {
			s.Append(&lim, StreamID{Ms: id}, pairs)
		}
	}
	for name, make := range map[string]func(s *Stream){
		"in the same node": func(s *Stream) {
			add(s, 1, 10)
			s.Delete(StreamID{Ms: 10})
			s.SetMeta(StreamID{Ms: 5}, 2, StreamID{Ms: 10})
			add(s, 6)
		},
		"in the next node": func(s *Stream) {
			add(s, 1, 9, 10)
			s.Delete(StreamID{Ms: 10})
			s.SetMeta(StreamID{Ms: 9}, 2, StreamID{Ms: 10})
			s.Delete(StreamID{Ms: 9})
			s.SetMeta(StreamID{Ms: 2}, 2, StreamID{Ms: 10})
			add(s, 3, 4)
		},
		"below a node without an entry": func(s *Stream) {
			add(s, 5, 6, 7)
			s.Delete(StreamID{Ms: 7})
			s.Trim(&StreamTrim{ByID: true, MinID: StreamID{Ms: 7}})
			s.SetMeta(StreamID{}, 3, StreamID{Ms: 7})
			add(s, 2, 3)
		},
	} {
		var s, decoded, extended Stream
		make(&s)
		if err := decoded.Decode(s.Encode(nil), &lim); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		pieces(t, s.Large(), &extended, 20)
		want := string(s.Encode(nil))
		if string(decoded.Encode(nil)) != want || string(extended.Encode(nil)) != want {
			t.Errorf("%s: read back differs", name)
		}
		n, last := 0, StreamID{}
		s.Ascend(StreamID{}, func(e *StreamEntry) bool {
			if !last.Less(e.ID) {
				t.Errorf("%s: %v after %v", name, e.ID, last)
			}
			n, last = n+1, e.ID
			return true
		})
		if n != s.Len() || s.large.held != s.large.measured() {
			t.Errorf("%s: %d of %d entries, %d of %d bytes", name, n, s.Len(), s.large.held, s.large.measured())
		}
	}
}
