package aso

import (
	"fmt"
	"testing"

	"comet/aso/value"
)

func TestDeleteRangeLeavesTheOtherMembers(t *testing.T) {
	for _, n := range []int{10, 1000} { // packed and large
		ks := New(Options{Limits: value.DefaultLimits()})
		tx := ks.BeginAll()
		z, err := tx.ZSet([]byte("z"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			z.Set(fmt.Appendf(nil, "m%d", i), float64(i))
		}
		z.DeleteRange(3, 7)
		z.DeleteRange(5, 5)
		z.DeleteRange(n-4, n+10) // beyond the end
		if got := z.Len(); got != n-4 {
			t.Errorf("%d members left of %d, want %d", got, n, n-4)
		}
		if m, _, _ := z.At(3); string(m) != "m7" {
			t.Errorf("rank 3 has %q, want m7", m)
		}
		z.DeleteRange(0, z.Len())
		if err := tx.End(); err != nil {
			t.Fatal(err)
		}
		if tx.Exists([]byte("z")) {
			t.Error("the empty sorted set is still there")
		}
		tx.Commit()
	}
}
