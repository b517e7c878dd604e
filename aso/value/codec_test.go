package value

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// codec is what all types share for the tests of decoding.
type codec interface {
	Decode(b []byte, lim *Limits) error
	Encode(dst []byte) []byte
	Len() int
	Encoding() string
}

// samples are values of all forms.
func samples() (hashes, sets, zsets, lists [][]byte) {
	lim := DefaultLimits()
	lim.PackedMax = 1000
	for _, n := range []int{0, 1, 3, 40, 200, 600} {
		var h Hash
		var s, ints Set
		var z ZSet
		var l List
		for i := range n {
			b := fmt.Append(nil, "element", i)
			h.Set(&lim, b, b)
			s.Add(&lim, b)
			ints.Add(&lim, fmt.Append(nil, i*i*i-500))
			z.Set(&lim, b, float64(i%7))
			l.PushBack(&lim, b)
		}
		hashes = append(hashes, h.Encode(nil))
		sets = append(sets, s.Encode(nil), ints.Encode(nil))
		zsets = append(zsets, z.Encode(nil))
		lists = append(lists, l.Encode(nil))
	}
	return hashes, sets, zsets, lists
}

// streamSamples are streams of one and of several nodes, with gaps and groups.
func streamSamples() (streams [][]byte) {
	lim := DefaultLimits()
	for _, n := range []uint64{0, 1, 3, 40, 250} {
		var s Stream
		s.SetMeta(StreamID{}, 0, StreamID{})
		for i := range n {
			s.Append(&lim, StreamID{i/3 + 1, i}, [][]byte{[]byte("field"), fmt.Append(nil, i*i), fmt.Append(nil, i/7), []byte("text")})
		}
		s.Delete(StreamID{1, 1})
		s.SetGroup([]byte("empty"), StreamID{}, EntriesUnknown)
		s.SetGroup([]byte("group"), StreamID{1, 1}, 1)
		s.SetConsumer([]byte("group"), []byte("c"), 1700000000000)
		s.Deliver([]byte("group"), []byte("c"), Delivery{ID: StreamID{1, 1}, At: 1700000000001, Count: 3})
		streams = append(streams, s.Encode(nil))
	}
	return streams
}

func TestDecodeRefusesDamage(t *testing.T) {
	hashes, sets, zsets, lists := samples()
	for kind, encoded := range map[codec][][]byte{&Hash{}: hashes, &Set{}: sets, &ZSet{}: zsets, &List{}: lists, &Stream{}: streamSamples()} {
		lim := DefaultLimits()
		for _, b := range encoded {
			if err := kind.Decode(b, &lim); err != nil {
				t.Fatalf("%T: %v", kind, err)
			}
			for n := range len(b) {
				if n == 1 && b[0] == formPacked {
					continue // the empty value
				}
				// A packed set of integers may end behind any of them.
				intset := n > 2 && b[0] == formPacked && bytes.Contains([]byte{2, 4, 8}, b[1:2])
				if err := kind.Decode(b[:n], &lim); err == nil && !intset {
					t.Fatalf("%T: decoded %d of %d bytes", kind, n, len(b))
				} else if err != nil && (!errors.Is(err, ErrCorrupt) || kind.Len() != 0) {
					t.Fatalf("%T: %v, and Len is %d", kind, err, kind.Len())
				}
			}
		}
	}
}

func TestDecodeFollowsTheLimitsOfToday(t *testing.T) {
	lim := DefaultLimits()
	var h Hash
	var s Set
	var z ZSet
	for i := range 20 {
		b := fmt.Append(nil, i)
		h.Set(&lim, b, b)
		s.Add(&lim, b)
		z.Set(&lim, b, float64(i))
	}
	few := lim
	few.HashMaxListpackEntries, few.SetMaxIntsetEntries, few.ZSetMaxListpackEntries = 5, 5, 5
	small := lim
	small.PackedMax = 20
	for _, c := range []struct {
		lim  *Limits
		want [3]string
	}{
		{&lim, [3]string{"listpack", "intset", "listpack"}},
		{&few, [3]string{"hashtable", "hashtable", "skiplist"}},
		{&small, [3]string{"listpack", "intset", "listpack"}},
	} {
		for i, v := range []codec{&h, &s, &z} {
			b := v.Encode(nil)
			fresh := []codec{&Hash{}, &Set{}, &ZSet{}}[i]
			if err := fresh.Decode(b, c.lim); err != nil || fresh.Encoding() != c.want[i] || fresh.Len() != 20 {
				t.Errorf("%T: %v, %s, %d", v, err, fresh.Encoding(), fresh.Len())
			}
		}
	}
}

// fuzzDecode decodes anything; what decodes must survive a round trip.
func fuzzDecode(f *testing.F, seeds [][]byte, value, again codec, use func(lim *Limits)) {
	for _, b := range seeds {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, lim := range []Limits{DefaultLimits(), {HashMaxListpackEntries: 2, PackedMax: 40}} {
			if value.Decode(b, &lim) != nil {
				continue
			}
			n, encoded := value.Len(), value.Encode(nil)
			if err := again.Decode(encoded, &lim); err != nil || again.Len() != n || again.Encoding() != value.Encoding() {
				t.Fatalf("again: %v, %d of %d, %s of %s", err, again.Len(), n, again.Encoding(), value.Encoding())
			}
			use(&lim)
		}
	})
}

func FuzzHashDecode(f *testing.F) {
	seeds, _, _, _ := samples()
	var h, again Hash
	fuzzDecode(f, seeds, &h, &again, func(lim *Limits) {
		h.Each(func(field, value []byte) bool {
			again.Delete(field)
			return true
		})
		h.Set(lim, []byte("new"), []byte("v"))
		if again.Len() != 0 {
			panic("fields are left")
		}
	})
}

func FuzzSetDecode(f *testing.F) {
	_, seeds, _, _ := samples()
	var s, again Set
	fuzzDecode(f, seeds, &s, &again, func(lim *Limits) {
		s.Each(func(member []byte) bool { again.Remove(member); return true })
		s.Add(lim, []byte("new"))
		if again.Len() != 0 {
			panic("members are left")
		}
	})
}

func FuzzZSetDecode(f *testing.F) {
	_, _, seeds, _ := samples()
	var z, again ZSet
	fuzzDecode(f, seeds, &z, &again, func(lim *Limits) {
		z.Ascend(0, func(member []byte, _ float64) bool { again.Delete(member); return true })
		z.Set(lim, []byte("new"), 1)
		if again.Len() != 0 {
			panic("members are left")
		}
	})
}

func FuzzListDecode(f *testing.F) {
	_, _, _, seeds := samples()
	var l, again List
	fuzzDecode(f, seeds, &l, &again, func(lim *Limits) {
		n := 0
		l.Ascend(0, func(v []byte) bool { n++; return true })
		l.Descend(l.Len()-1, func(v []byte) bool { n--; return true })
		l.Insert(lim, l.Len()/2, []byte("new"))
		if n != 0 {
			panic("the directions differ")
		}
	})
}

func FuzzStreamDecode(f *testing.F) {
	var s, again Stream
	fuzzDecode(f, streamSamples(), &s, &again, func(lim *Limits) {
		var ids []StreamID
		s.Ascend(StreamID{}, func(e *StreamEntry) bool {
			ids = append(ids, e.ID)
			e.Each(func(field, v []byte) {})
			return true
		})
		n := len(ids)
		s.Descend(MaxStreamID, func(e *StreamEntry) bool { n--; return e.ID == ids[n] })
		for _, id := range ids {
			again.Delete(id)
		}
		if next, ok := s.LastID().Next(); ok {
			s.Append(lim, next, [][]byte{[]byte("f"), []byte("v")})
		}
		if n != 0 || again.Len() != 0 {
			panic("the directions differ, or entries are left")
		}
	})
}
