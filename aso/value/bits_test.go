package value

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// bitAt is a bit as the definition has it.
func bitAt(b []byte, i int) int {
	if i/8 >= len(b) {
		return 0
	}
	return int(b[i/8]>>(7-i%8)) & 1
}

// drawBits returns bytes with long runs of the same bits, and a range of bits in them.
func drawBits(t *rapid.T) (b []byte, from, to int) {
	for range rapid.IntRange(0, 5).Draw(t, "runs") {
		run := bytes.Repeat([]byte{rapid.SampledFrom([]byte{0, 0xff}).Draw(t, "run")}, rapid.IntRange(0, 40).Draw(t, "length"))
		b = append(append(b, run...), rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "bytes")...)
	}
	from = rapid.IntRange(0, 8*len(b)).Draw(t, "from")
	return b, from, rapid.IntRange(from, 8*len(b)).Draw(t, "to")
}

func TestBitsOfARangeAreCountedAndFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, from, to := drawBits(t)
		n, first := 0, [2]int{-1, -1}
		for i := to - 1; i >= from; i-- {
			n += bitAt(b, i)
			first[bitAt(b, i)] = i
		}
		if got := CountBits(b, from, to); got != n {
			t.Fatalf("CountBits(%x, %d, %d) = %d, want %d", b, from, to, got, n)
		}
		for bit, want := range first {
			if got := FindBit(b, from, to, bit == 1); got != want {
				t.Fatalf("FindBit(%x, %d, %d, %d) = %d, want %d", b, from, to, bit, got, want)
			}
		}
	})
}

func TestABitfieldIsItsBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "bytes")
		offset, width := rapid.IntRange(0, 170).Draw(t, "offset"), rapid.IntRange(1, 64).Draw(t, "width")
		var want uint64
		for i := range width {
			want = want<<1 | uint64(bitAt(b, offset+i))
		}
		if got := Bitfield(b, offset, width, false); uint64(got) != want {
			t.Fatalf("%x: %d bits from %d: %x, want %x", b, width, offset, got, want)
		}
		if got, want := Bitfield(b, offset, width, true), int64(want<<(64-width))>>(64-width); got != want {
			t.Fatalf("%x: signed %d bits from %d: %d, want %d", b, width, offset, got, want)
		}
		v := rapid.Int64().Draw(t, "value")
		long := append(bytes.Clone(b), make([]byte, 40)...)
		before := bytes.Clone(long)
		SetBitfield(long, offset, width, v)
		for i := range 8 * len(long) {
			want := bitAt(before, i)
			if i >= offset && i < offset+width {
				want = int(v>>(offset+width-1-i)) & 1
			}
			if bitAt(long, i) != want {
				t.Fatalf("%d written to %d bits from %d: bit %d is wrong", v, width, offset, i)
			}
		}
	})
}

func BenchmarkCountBitsOf1MB(b *testing.B) {
	s := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		CountBits(s, 0, 8*len(s))
	}
}
