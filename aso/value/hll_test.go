package value

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"pgregory.net/rapid"
)

const testSparseMax = 3000

// addAll adds numbers to the HyperLogLog b.
func addAll(t interface{ Fatalf(string, ...any) }, b []byte, from, to, maxSparse int) []byte {
	for i := from; i < to; i++ {
		register, rank := HLLRank(binary.LittleEndian.AppendUint64(nil, uint64(i)))
		var ok bool
		if b, _, ok = HLLSet(b, register, rank, maxSparse); !ok {
			t.Fatalf("element %d: corrupt", i)
		}
	}
	return b
}

// TestSparseAndDenseAgree raises random registers of both forms, and of plain ones.
func TestSparseAndDenseAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sparse := NewHLL()
		dense, _ := HLLToDense(NewHLL())
		var want HLLRegisters
		base := rapid.IntRange(0, hllRegisters-1).Draw(t, "base")
		for range rapid.IntRange(0, 300).Draw(t, "changes") {
			register := min(base+rapid.IntRange(0, 30).Draw(t, "register"), hllRegisters-1)
			rank := byte(rapid.IntRange(1, 34).Draw(t, "rank"))
			raised := rank > want[register]
			want[register] = max(want[register], rank)
			for _, b := range []*[]byte{&sparse, &dense} {
				after, changed, ok := HLLSet(*b, register, rank, 60)
				if *b = after; !ok || changed != raised {
					t.Fatalf("register %d to %d: changed %v, want %v", register, rank, changed, raised)
				}
			}
		}
		for _, b := range [][]byte{sparse, dense} {
			var got HLLRegisters
			if !IsHLL(b) || !got.Merge(b) || got != want {
				t.Fatalf("registers of %x differ", b)
			}
			packed, _ := HLLToDense(NewHLL())
			got.PutDense(packed)
			if want, _ := HLLToDense(b); !bytes.Equal(packed[hllHeader:], want[hllHeader:]) {
				t.Fatalf("registers of %x packed: %x", b, packed)
			}
			if n, ok := HLLEstimate(b); !ok || n != want.Estimate() {
				t.Fatalf("estimate %d, want %d", n, want.Estimate())
			}
		}
	})
}

// TestEstimatesAreNear has the standard error of 0.81 %.
func TestEstimatesAreNear(t *testing.T) {
	b, n := NewHLL(), 0
	for _, to := range []int{1, 10, 100, 1000, 10_000, 100_000, 1_000_000} {
		b = addAll(t, b, n, to, testSparseMax)
		n = to
		got, ok := HLLEstimate(b)
		if off := math.Abs(float64(got) - float64(n)); !ok || off > 0.0081*4*float64(n)+1 {
			t.Errorf("%d elements are estimated as %d", n, got)
		}
	}
	if !HLLIsDense(b) {
		t.Error("a million elements are sparse")
	}
}

// FuzzHLL gives strings that clients have written to everything that reads HyperLogLogs.
func FuzzHLL(f *testing.F) {
	f.Add(NewHLL(), uint16(5), byte(3))
	f.Add(addAll(f, NewHLL(), 0, 200, testSparseMax), uint16(16383), byte(33))
	f.Add(addAll(f, NewHLL(), 0, 2000, 100), uint16(16383), byte(63))
	f.Add([]byte("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f"), uint16(0), byte(1))
	f.Add([]byte("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff\x80\x80"), uint16(0), byte(1))
	f.Fuzz(func(t *testing.T, b []byte, register uint16, rank byte) {
		if !IsHLL(b) {
			return
		}
		at, raise := int(register)%hllRegisters, rank%(hllQ+1)+1
		var before HLLRegisters
		valid := before.Merge(b)
		if _, ok := HLLEstimate(b); ok != valid {
			t.Fatalf("the estimate says %v, the registers %v", ok, valid)
		}
		if _, ok := HLLToDense(b); ok != valid {
			t.Fatalf("the dense form says %v, the registers %v", ok, valid)
		}
		HLLRuns(b)
		after, changed, ok := HLLSet(bytes.Clone(b), at, raise, testSparseMax)
		if !valid {
			return
		}
		var got HLLRegisters
		if !ok || !IsHLL(after) || !got.Merge(after) {
			t.Fatalf("register %d to %d makes %x corrupt: %x", at, raise, b, after)
		}
		if changed != (before[at] < raise) {
			t.Fatalf("register %d from %d to %d: changed %v", at, before[at], raise, changed)
		}
		if before[at] = max(before[at], raise); got != before {
			t.Fatalf("register %d to %d changes others", at, raise)
		}
	})
}

func BenchmarkHLLSetSparse(b *testing.B) {
	h := addAll(b, NewHLL(), 0, 800, testSparseMax)
	element := make([]byte, 8)
	for i := 0; b.Loop(); i++ {
		binary.LittleEndian.PutUint64(element, uint64(i%800))
		register, rank := HLLRank(element)
		h, _, _ = HLLSet(h, register, rank, testSparseMax)
	}
}

func BenchmarkHLLEstimate(b *testing.B) {
	h := addAll(b, NewHLL(), 0, 100_000, testSparseMax)
	for b.Loop() {
		HLLEstimate(h)
	}
}
