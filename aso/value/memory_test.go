package value

import (
	"fmt"
	"runtime"
	"testing"
)

// heap is the size of what is reachable.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func TestMemUsageIsWhatTheHeapGrowsBy(t *testing.T) {
	const n = 200000
	lim := DefaultLimits()
	var h Hash
	var s Set
	var z ZSet
	var l List
	value := make([]byte, 64)
	var field [16]byte
	for _, c := range []struct {
		name string
		add  func(i int)
		mem  func() int
		most int // bytes an entry
	}{
		{"hash", func(i int) { h.Set(&lim, fieldName(&field, i), value) }, h.MemUsage, 110},
		{"set", func(i int) { s.Add(&lim, fieldName(&field, i)) }, s.MemUsage, 45},
		{"zset", func(i int) { z.Set(&lim, fieldName(&field, i*7919%n), float64(i*104729%n)) }, z.MemUsage, 100},
		{"list", func(i int) { l.PushFront(&lim, fieldName(&field, i)) }, l.MemUsage, 20},
	} {
		before := heap()
		for i := range n {
			c.add(i)
		}
		grown, mem := heap()-before, c.mem()
		if mem < grown*9/10 || mem > grown*11/10 || mem > n*c.most {
			t.Errorf("%s: the heap grew by %d, MemUsage is %d, %d an entry", c.name, grown, mem, mem/n)
		}
	}
	runtime.KeepAlive(&h)
	runtime.KeepAlive(&s)
	runtime.KeepAlive(&z)
	runtime.KeepAlive(&l)
}

func TestPackedValuesInSteadyUseDoNotAllocate(t *testing.T) {
	lim := DefaultLimits()
	var h Hash
	var s, ints Set
	var z ZSet
	var l List
	one, two := []byte("member one"), []byte("member two")
	fill := func() {
		h.Set(&lim, one, two)
		s.Add(&lim, one)
		ints.Add(&lim, []byte("17"))
		z.Set(&lim, one, 1)
		l.PushBack(&lim, one)
	}
	fill()
	// Copies, as the keyspace keeps them.
	hb, sb, ib, zb, lb := string(h.Packed()), string(s.Packed()), string(ints.Packed()), string(z.Packed()), string(l.Packed())
	stored := [][]byte{[]byte(hb), []byte(sb), []byte(ib), []byte(zb), []byte(lb)}
	if allocs := testing.AllocsPerRun(100, func() {
		h.Load(stored[0])
		s.Load(stored[1])
		ints.Load(stored[2])
		z.Load(stored[3])
		l.Load(stored[4])
		h.Get(one)
		h.Set(&lim, two, one)
		h.Delete(one)
		s.Contains(one)
		s.Add(&lim, two)
		s.Remove(one)
		ints.Contains([]byte("17"))
		ints.Add(&lim, []byte("100000"))
		z.Score(one)
		z.Set(&lim, two, 2)
		z.Rank(two)
		z.Delete(one)
		l.PushFront(&lim, two)
		l.Index(1)
		l.PopBack()
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestScanPassesEachOnceInEveryForm(t *testing.T) {
	lim := DefaultLimits()
	for _, n := range []int{0, 1, 100, 3000} {
		var h Hash
		var s, ints Set
		var z ZSet
		for i := range n {
			b := fmt.Append(nil, "m", i)
			h.Set(&lim, b, b)
			s.Add(&lim, b)
			ints.Add(&lim, b[1:])
			z.Set(&lim, b, float64(i))
		}
		for name, scan := range map[string]func(uint64, func([]byte)) uint64{
			"hash": func(c uint64, fn func([]byte)) uint64 { return h.Scan(c, 10, func(f, _ []byte) { fn(f) }) },
			"set":  func(c uint64, fn func([]byte)) uint64 { return s.Scan(c, 10, fn) },
			"ints": func(c uint64, fn func([]byte)) uint64 { return ints.Scan(c, 10, fn) },
			"zset": func(c uint64, fn func([]byte)) uint64 {
				return z.Scan(c, 10, func(m []byte, _ float64) { fn(m) })
			},
		} {
			seen := map[string]bool{}
			passed := 0
			for cursor, first := uint64(0), true; first || cursor != 0; first = false {
				cursor = scan(cursor, func(m []byte) { seen[string(m)] = true; passed++ })
			}
			if len(seen) != n || passed != n {
				t.Errorf("%s of %d: %d passed, %d different", name, n, passed, len(seen))
			}
		}
	}
}
