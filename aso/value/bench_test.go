package value

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

const million = 1 << 20

// bigHash has a million fields of 16 bytes with values of 64.
func bigHash(n int) *Hash {
	lim := DefaultLimits()
	var h Hash
	value := make([]byte, 64)
	var field [16]byte
	for i := range n {
		h.Set(&lim, fieldName(&field, i), value)
	}
	return &h
}

func fieldName(b *[16]byte, i int) []byte {
	for at := len(b) - 1; at >= 0; at-- {
		b[at] = byte('0' + i%10)
		i /= 10
	}
	return b[:]
}

func BenchmarkHashLargeInsert(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		h := bigHash(1000000)
		b.ReportMetric(float64(h.MemUsage())/float64(h.Len()), "B/field")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000000, "ns/field")
}

func BenchmarkHashLargeGet(b *testing.B) {
	h := bigHash(1000000)
	rng := rand.New(rand.NewPCG(1, 2))
	var field [16]byte
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := h.Get(fieldName(&field, rng.IntN(1000000))); !ok {
			b.Fatal("no such field")
		}
	}
}

func BenchmarkHashLargeOverwrite(b *testing.B) {
	h := bigHash(1000000)
	lim := DefaultLimits()
	rng := rand.New(rand.NewPCG(1, 2))
	var field [16]byte
	value := make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		h.Set(&lim, fieldName(&field, rng.IntN(1000000)), value[:40+rng.IntN(60)])
	}
	b.ReportMetric(float64(h.MemUsage())/float64(h.Len()), "B/field")
}

// BenchmarkHashGrowTable is the longest pause of a large hash: the start of a
// doubling. The rest of the work is spread over later changes.
func BenchmarkHashGrowTable(b *testing.B) {
	h := bigHash(1000000)
	for b.Loop() {
		d := h.large.dict
		d.resize(2 * len(d.table.slots))
	}
}

func BenchmarkHashPacked(b *testing.B) {
	for _, n := range []int{5, 100} {
		h := bigHash(n)
		lim := DefaultLimits()
		stored := append([]byte(nil), h.Packed()...)
		var field [16]byte
		value := make([]byte, 64)
		b.Run(fmt.Sprint("get/", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				h.Load(stored)
				h.Get(fieldName(&field, i%n))
			}
		})
		b.Run(fmt.Sprint("set/", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				h.Load(stored)
				h.Set(&lim, fieldName(&field, i%n), value)
				copy(stored, h.Packed())
			}
		})
	}
}

func BenchmarkSet(b *testing.B) {
	lim := DefaultLimits()
	var ints, many Set
	for i := range 512 {
		ints.Add(&lim, fmt.Append(nil, i*3))
	}
	var field [16]byte
	for i := range 1000000 {
		many.Add(&lim, fieldName(&field, i))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	b.Run("intset contains", func(b *testing.B) {
		b.ReportAllocs()
		var buf [20]byte
		for i := 0; b.Loop(); i++ {
			ints.Contains(AppendInt(buf[:0], int64(i%1536)))
		}
	})
	b.Run("large contains", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			many.Contains(fieldName(&field, rng.IntN(1000000)))
		}
		b.ReportMetric(float64(many.MemUsage())/float64(many.Len()), "B/member")
	})
}

func BenchmarkZSetLarge(b *testing.B) {
	lim := DefaultLimits()
	rng := rand.New(rand.NewPCG(1, 2))
	var field [16]byte
	var z ZSet
	b.Run("insert", func(b *testing.B) {
		for b.Loop() {
			z.Reset()
			for i := range 1000000 {
				z.Set(&lim, fieldName(&field, i), rng.Float64())
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000000, "ns/member")
		b.ReportMetric(float64(z.MemUsage())/float64(z.Len()), "B/member")
	})
	b.Run("update", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			z.Set(&lim, fieldName(&field, rng.IntN(1000000)), rng.Float64())
		}
	})
	b.Run("rank", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			z.Rank(fieldName(&field, rng.IntN(1000000)))
		}
	})
	b.Run("seek score", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			z.SeekScore(rng.Float64(), false)
		}
	})
	b.Run("range of 100", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 100
			z.Ascend(rng.IntN(999900), func([]byte, float64) bool { n--; return n > 0 })
		}
	})
}

func BenchmarkZSetPackedSet(b *testing.B) {
	lim := DefaultLimits()
	var z ZSet
	var field [16]byte
	for i := range 100 {
		z.Set(&lim, fieldName(&field, i), float64(i))
	}
	stored := append([]byte(nil), z.Packed()...)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		z.Load(stored)
		z.Set(&lim, fieldName(&field, i%100), float64(i%1000))
		copy(stored, z.Packed())
	}
}

func BenchmarkList(b *testing.B) {
	lim := DefaultLimits()
	v := []byte("element:00000016")
	b.Run("push front", func(b *testing.B) {
		b.ReportAllocs()
		var l List
		for b.Loop() {
			if l.Len() == million {
				l.Reset()
			}
			l.PushFront(&lim, v)
		}
	})
	b.Run("queue", func(b *testing.B) {
		b.ReportAllocs()
		var l List
		for range 10000 {
			l.PushFront(&lim, v)
		}
		for b.Loop() {
			l.PushFront(&lim, v)
			l.PopBack()
		}
	})
	var l List
	for range 1000000 {
		l.PushFront(&lim, v)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	b.Run("index of a million", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.Index(rng.IntN(1000000))
		}
		b.ReportMetric(float64(l.MemUsage())/float64(l.Len()*len(v)), "B/B")
	})
	b.Run("packed push front", func(b *testing.B) {
		b.ReportAllocs()
		var l List
		for b.Loop() {
			if l.Large() != nil {
				l.Reset()
			}
			l.PushFront(&lim, v)
		}
	})
}
