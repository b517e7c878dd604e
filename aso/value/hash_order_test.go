package value

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"comet/aso/randtest"
)

// TestALargeListpackKeepsItsOrder changes a hash that is large by its bytes only until blocks were compacted many times, and takes it through all ways in which a value is kept.
func TestALargeListpackKeepsItsOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	lim := DefaultLimits()
	lim.HashMaxListpackEntries, lim.HashMaxListpackValue = 300, 200
	var h Hash
	var order []string
	for range 30_000 {
		f := fmt.Sprint("field", rng.IntN(400))
		switch {
		case rng.IntN(3) == 0:
			h.Delete([]byte(f))
			order = slices.DeleteFunc(order, func(s string) bool { return s == f })
		case len(order) < lim.HashMaxListpackEntries || slices.Contains(order, f):
			if h.Set(&lim, []byte(f), make([]byte, rng.IntN(190))) {
				order = append(order, f)
			}
		}
	}
	if h.Large() == nil || h.Encoding() != "listpack" {
		t.Fatal(h.Encoding())
	}
	wantFields(t, "changed", &h, order)
	var copied, decoded, extended Hash
	copied.LoadLarge(h.Large().Clone())
	wantFields(t, "copied", &copied, order)
	if err := decoded.Decode(h.Encode(nil), &lim); err != nil {
		t.Fatal(err)
	}
	wantFields(t, "decoded", &decoded, order)
	if parts := pieces(t, h.Large(), &extended, 2_000); parts < 5 {
		t.Error(parts, "parts")
	}
	wantFields(t, "of parts", &extended, order)
	copied.Delete([]byte(order[0]))
	copied.Set(&lim, []byte(order[0]), nil)
	wantFields(t, "copied and changed", &copied, append(order[1:len(order):len(order)], order[0]))
	wantFields(t, "as before", &h, order)
}

func wantFields(t *testing.T, what string, h *Hash, want []string) {
	t.Helper()
	var got []string
	h.Each(func(f, _ []byte) bool {
		got = append(got, string(f))
		return true
	})
	if !slices.Equal(got, want) {
		t.Errorf("%s: fields %q, want %q", what, got, want)
	}
}

// TestAHashLosesItsOrderWhileItIsCopied makes one a table, or longer than an order may be, between two parts.
func TestAHashLosesItsOrderWhileItIsCopied(t *testing.T) {
	for _, most := range []int{maxOrdered - 1, 1 << 20} {
		lim := DefaultLimits()
		lim.HashMaxListpackEntries = most
		var h, copied Hash
		field := func(i int) []byte { return fmt.Appendf(nil, "a field with the number %d", i) }
		for i := range maxOrdered - 1 {
			h.Set(&lim, field(i), []byte("v"))
		}
		var w Walk
		part, _ := h.Large().AppendPart(nil, &w, 10_000)
		if err := copied.Extend(part); err != nil || w.Done {
			t.Fatal(err, w.Done)
		}
		for i := range 10 {
			h.Set(&lim, field(maxOrdered+i), []byte("v"))
		}
		for !w.Done {
			part, _ := h.Large().AppendPart(nil, &w, 10_000)
			if err := copied.Extend(part); err != nil {
				t.Fatal(err)
			}
		}
		if copied.Len() != h.Len() || copied.Encoding() != h.Encoding() {
			t.Errorf("%d fields of a %s, want %d of a %s", copied.Len(), copied.Encoding(), h.Len(), h.Encoding())
		}
	}
}
