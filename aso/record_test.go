package aso

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

var drawBytes = rapid.Custom(func(t *rapid.T) []byte {
	n := rapid.SampledFrom([]int{0, 1, 7, 100, 127, 128, 129, 300, 16383, 16384, 20000}).Draw(t, "length")
	return bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, n)
})

func drawImage(t *rapid.T) image {
	img := image{
		kind:     Kind(rapid.IntRange(0, int(KindHash)).Draw(t, "kind")),
		encoding: uint8(rapid.IntRange(0, 2).Draw(t, "encoding")),
		large:    rapid.Bool().Draw(t, "large"),
		clock:    rapid.Uint32Range(0, 1<<24-1).Draw(t, "clock"),
		deadline: rapid.SampledFrom([]int64{0, 1, 1 << 40, 1<<63 - 1}).Draw(t, "deadline"),
		key:      drawBytes.Draw(t, "key"),
		value:    drawBytes.Draw(t, "value"),
	}
	if img.large {
		img.value = handleBytes(rapid.Uint32().Draw(t, "handle"))
	}
	if rapid.Bool().Draw(t, "active") {
		timer := rapid.SampledFrom([]uint64{0, 5, 1 << 50}).Draw(t, "timer")
		img.active = append(binary.LittleEndian.AppendUint64(nil, timer), drawBytes.Draw(t, "section")...)
	}
	return img
}

func TestRecordHoldsItsImage(t *testing.T) {
	a := newArena()
	rapid.Check(t, func(t *rapid.T) {
		img := drawImage(t)
		r, class, err := a.alloc(img.size())
		must(t, err)
		block := a.bytes(r, a.blockSize(r, class))
		for i := range block {
			block[i] = 0xa5 // blocks come as they were left
		}
		img.write(block, class)
		rec := a.record(r)
		got := rec.image()
		if !reflect.DeepEqual(normal(got), normal(img)) {
			t.Fatalf("got %+v\nwant %+v", got, img)
		}
		if !bytes.Equal(rec.key(), img.key) || !bytes.Equal(rec.value(), img.value) || !bytes.Equal(rec.active(), img.active) {
			t.Fatal("key, value or active section differ")
		}
		if len(rec) != img.size() || rec.class() != class || rec.has(hasDue) != (img.due() != 0) {
			t.Fatalf("record of %d bytes, want %d", len(rec), img.size())
		}
		if rec.has(hasDue) {
			rec.setHeapIndex(77)
			rec.setDeadline(4711)
			if rec.heapIndex() != 77 || rec.deadline() != 4711 || !bytes.Equal(rec.key(), img.key) {
				t.Fatal("deadline and heap index are not kept")
			}
		}
		rec.setClock(99)
		if rec.clock() != 99 || rec.kind() != img.kind {
			t.Fatal("the clock is not kept")
		}
		a.freeBlock(r, class)
	})
	a.reset()
}

// normal returns img with nil for an empty key and value.
func normal(img image) image {
	if len(img.key) == 0 {
		img.key = nil
	}
	if len(img.value) == 0 {
		img.value = nil
	}
	return img
}
