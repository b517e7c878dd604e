package aso

import (
	"bytes"
	"encoding/binary"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// block is what a test has of an arena, filled with a pattern of its own.
type block struct {
	r     ref
	class uint8
	size  int
	fill  byte
}

func (b *block) bytes(a *arena) []byte { return a.bytes(b.r, b.size) }

func allocBlock(t *rapid.T, a *arena, size int, fill byte) block {
	r, class, err := a.alloc(size)
	must(t, err)
	b := block{r, class, a.blockSize(r, class), fill}
	if r == 0 || r >= 1<<refBits || b.size < size {
		t.Fatalf("block %x of %d bytes for %d", r, b.size, size)
	}
	if class != hugeClass && size > 128 && b.size > size+size/4 {
		t.Fatalf("block of %d bytes for %d", b.size, size)
	}
	content := b.bytes(a)
	for i := range content {
		content[i] = fill
	}
	return b
}

func TestArenaBlocksNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newArena()
		var live []block
		size := rapid.Custom(func(t *rapid.T) int {
			scale := rapid.SampledFrom([]int{32, 512, 5000, maxBlock, 2 * maxBlock, chunkSize + 100}).Draw(t, "scale")
			return rapid.IntRange(1, scale).Draw(t, "size")
		})
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			if len(live) > 0 && rapid.IntRange(0, 2).Draw(t, "free") == 0 {
				at := rapid.IntRange(0, len(live)-1).Draw(t, "which")
				a.freeBlock(live[at].r, live[at].class)
				live = append(live[:at], live[at+1:]...)
			} else {
				live = append(live, allocBlock(t, a, size.Draw(t, "size"), byte(i)))
			}
			used := int64(0)
			for _, b := range live {
				used += int64(b.size)
				if content := b.bytes(a); bytes.Count(content, []byte{b.fill}) != len(content) {
					t.Fatalf("block %x was overwritten", b.r)
				}
			}
			if a.used.Load() != used || a.mapped.Load() < used {
				t.Fatalf("%d bytes used, %d mapped, want %d used", a.used.Load(), a.mapped.Load(), used)
			}
		}
		for _, b := range live {
			a.reset() // does nothing
			if b.bytes(a)[0] != b.fill {
				t.Fatal("reset of a used arena")
			}
			a.freeBlock(b.r, b.class)
		}
		a.reset()
		if a.used.Load() != 0 || a.mapped.Load() != 0 {
			t.Fatalf("%d bytes used, %d mapped after reset", a.used.Load(), a.mapped.Load())
		}
		b := allocBlock(t, a, 100, 1) // it can be used again
		a.freeBlock(b.r, b.class)
		a.reset()
	})
}

func TestArenaReusesFreedBlocks(t *testing.T) {
	for _, size := range []int{1, 16, 17, 512, 513, 4096, maxBlock, maxBlock + 1} {
		a := newArena()
		r, class, err := a.alloc(size)
		if err != nil {
			t.Fatal(err)
		}
		mapped := a.mapped.Load()
		for range 1000 {
			a.freeBlock(r, class)
			again, _, err := a.alloc(size)
			if err != nil || again != r {
				t.Fatalf("size %d: block %x after %x was freed: %v", size, again, r, err)
			}
		}
		if a.mapped.Load() != mapped {
			t.Errorf("size %d: %d bytes mapped, then %d", size, mapped, a.mapped.Load())
		}
		a.freeBlock(r, class)
		a.reset()
	}
}

func TestClassForIsTheSmallestThatFits(t *testing.T) {
	for size := 1; size <= maxBlock; size++ {
		class := classFor(size)
		if classSizes[class] < size || class > 0 && classSizes[class-1] >= size {
			t.Fatalf("size %d: class %d of %d bytes", size, class, classSizes[class])
		}
		if slack := classSizes[class] - size; size > 1 && slack >= 1<<16 || classSizes[class]%8 != 0 {
			t.Fatalf("size %d: block of %d bytes", size, classSizes[class])
		}
	}
	if classFor(maxBlock+1) != hugeClass {
		t.Error("a block over maxBlock is not huge")
	}
}

func TestArenaServesManyGoroutines(t *testing.T) {
	a := newArena()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			var refs []ref
			for i := range 20_000 {
				r, class, err := a.alloc(32)
				if err != nil || classSizes[class] != 32 {
					t.Errorf("class %d: %v", class, err)
					return
				}
				binary.NativeEndian.PutUint64(a.bytes(r, 32)[8:], uint64(g*1_000_000+i))
				refs = append(refs, r)
			}
			for i, r := range refs {
				if got := binary.NativeEndian.Uint64(a.bytes(r, 32)[8:]); got != uint64(g*1_000_000+i) {
					t.Errorf("block %x holds %d", r, got)
					return
				}
				a.freeBlock(r, classFor(32))
			}
		})
	}
	wg.Wait()
	if a.used.Load() != 0 {
		t.Errorf("%d bytes in use", a.used.Load())
	}
	a.reset()
}

func BenchmarkArena(b *testing.B) {
	a := newArena()
	b.ReportAllocs()
	for b.Loop() {
		r, class, _ := a.alloc(100)
		a.freeBlock(r, class)
	}
}
