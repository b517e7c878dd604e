package value

import (
	"fmt"
	"testing"
)

// TestPrefetchFindsTheEntriesThatAreLookedUp grows a dict past the size from which it is worth it, through all stages of a resize.
func TestPrefetchFindsTheEntriesThatAreLookedUp(t *testing.T) {
	d := newDict(anySize)
	keys := make([][]byte, 0, 10_000)
	for n := range cap(keys) {
		keys = append(keys, fmt.Appendf(nil, "field %d", n))
		d.set(keys[n], []byte("v"))
		d.prefetch(keys[max(0, n-100):])
	}
	d.drainOld(len(d.old.slots))
	d.prefetch(append(keys, []byte("missing"), nil))
	found := 0
	for _, key := range keys {
		if ref, ok := d.ref(key); ok && d.likely(d.hash(key)) == ref {
			found++
		}
	}
	if found < len(keys)*9/10 {
		t.Errorf("%d of %d entries are where prefetch looks", found, len(keys))
	}
}
