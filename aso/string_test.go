package aso

import (
	"bytes"
	"testing"

	"comet/aso/value"
)

// TestAReplacedLargeStringGivesItsMemory replaces strings that are about as long, longer and much shorter, also by a part of themselves, and takes one back.
func TestAReplacedLargeStringGivesItsMemory(t *testing.T) {
	ks := New(Options{})
	tx := ks.Begin(allLocks())
	key := []byte("k")
	set := func(s []byte) (b []byte, same bool) {
		old, _, err := tx.String(key)
		must(t, err)
		want := bytes.Clone(s)
		must(t, tx.SetString(key, s, 0))
		b, _, err = tx.String(key)
		must(t, err)
		if !bytes.Equal(b, want) {
			t.Fatalf("%d bytes are not what was set", len(s))
		}
		return b, len(old) > 0 && &old[0] == &b[0]
	}
	long := bytes.Repeat([]byte("0123456789"), 10_000)
	for _, c := range []struct {
		s    []byte
		same bool
	}{{long, false}, {bytes.ToUpper(long), true}, {long[5:], true}, {long[:len(long)/2], false}, {long, false}} {
		if _, same := set(c.s); same != c.same {
			t.Errorf("%d bytes: the memory is the same: %v", len(c.s), same)
		}
	}
	b, _, err := tx.String(key)
	must(t, err)
	if b, same := set(b[7:]); !same || !bytes.Equal(b, long[7:]) {
		t.Error("a part of the string itself is not set in its memory")
	}
	mark := tx.Mark()
	if _, same := set(bytes.Repeat([]byte{'x'}, len(long)-7)); same {
		t.Error("what may be taken back was overwritten")
	}
	must(t, tx.Rollback(mark))
	if b, _, _ := tx.String(key); !bytes.Equal(b, long[7:]) {
		t.Error("the string is not as it was")
	}
	must(t, tx.End())
	tx.Commit()
}

// TestAStringGrowsWithinItsBlock splices behind the end of a string, also with a gap, into a block that was used before, and takes it back.
func TestAStringGrowsWithinItsBlock(t *testing.T) {
	ks := New(Options{Limits: value.DefaultLimits()})
	tx := ks.Begin(allLocks())
	key := []byte("k")
	const deadline = 1 << 50
	must(t, tx.SetString(key, bytes.Repeat([]byte{'x'}, 100), deadline))
	tx.Delete(key)
	must(t, tx.SetString(key, bytes.Repeat([]byte{'a'}, 91), deadline))
	want := bytes.Repeat([]byte{'a'}, 91)
	at := tx.find(key).r
	check := func(s string, offset int, stays bool) {
		t.Helper()
		want = splice(want, offset, []byte(s))
		n, err := tx.Splice(key, offset, []byte(s))
		must(t, err)
		b, _, err := tx.String(key)
		must(t, err)
		if n != len(want) || !bytes.Equal(b, want) {
			t.Errorf("%q, %d bytes, want %q", b, n, want)
		}
		if o, _ := tx.Object(key); o.Encoding != "raw" || o.Deadline != deadline {
			t.Errorf("%+v", o)
		}
		if (tx.find(key).r == at) != stays {
			t.Errorf("%d bytes: the string stays in its block: %v", n, !stays)
		}
	}
	check("b", 91, true)
	check("c", 93, true)
	check("dd", 93, true)
	mark := tx.Mark()
	before := bytes.Clone(want)
	check("e", 95, true)
	check("ff", 1, true)
	must(t, tx.Rollback(mark))
	want, at = before, tx.find(key).r
	check("", 50, true)
	check("g", 200, false)
	must(t, tx.End())
	tx.Commit()
}
