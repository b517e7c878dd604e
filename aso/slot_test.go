package aso

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestSlotIsTheCRCOfItsDefinition divides the polynomials bit by bit.
func TestSlotIsTheCRCOfItsDefinition(t *testing.T) {
	if got := Slot([]byte("123456789")); got != 0x31c3 { // the check value of CRC16/XMODEM
		t.Errorf("slot %#x", got)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for size := range 100 {
		key := make([]byte, size)
		for i := range key {
			key[i] = 'a' + byte(r.IntN(26)) // no hash tag
		}
		var crc uint32
		for _, b := range append(key, 0, 0) {
			for i := 7; i >= 0; i-- {
				if crc = crc<<1 | uint32(b>>i&1); crc&0x10000 != 0 {
					crc ^= 0x11021
				}
			}
		}
		if got := Slot(key); got != uint16(crc)%Slots {
			t.Errorf("slot of %s: %d, want %d", key, got, uint16(crc)%Slots)
		}
		if tagged := fmt.Sprintf("x{%s}y", key); size > 0 && Slot([]byte(tagged)) != Slot(key) {
			t.Errorf("slot of %s differs", tagged)
		}
	}
}

func BenchmarkSlot(b *testing.B) {
	key := []byte("key:000000012345")
	for b.Loop() {
		Slot(key)
	}
}
