package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestABitCostsFewBytesOfTheJournal fails if the whole string is written for a change of a bit, whether it is small or large, or grows.
func TestABitCostsFewBytesOfTheJournal(t *testing.T) {
	for _, size := range []int{100, 10_000, 200_000} {
		e := newEngine(t)
		e.all(fmt.Sprintf("SETRANGE k %d x", size-1))
		for _, line := range []string{
			"SETBIT k 77 1", fmt.Sprintf("SETBIT k %d 1", 8*size), "BITFIELD k SET u8 #3 200 INCRBY i64 100 5", "SETRANGE k 5 abc", "APPEND k abc",
		} {
			before := len(e.units)
			e.all(line)
			written := 0
			for _, unit := range e.units[before:] {
				written += len(unit)
			}
			if written == 0 || written > 60 {
				t.Errorf("%s on %d bytes writes %d bytes to the journal", line, size, written)
			}
		}
		if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
			t.Errorf("%d bytes: replayed: %s", size, d)
		}
	}
}

// TestRefusedBitsAreTakenBack changes strings of all sizes under a handler that refuses.
func TestRefusedBitsAreTakenBack(t *testing.T) {
	for _, size := range []int{1, 100, 10_000, 200_000} {
		e := newEngine(t)
		e.all(fmt.Sprintf("SETRANGE k %d x", size-1))
		e.attach(`function onUpdate(self, ev) return deny("no") end`, "k")
		before, units := e.image(), len(e.units)
		for _, line := range []string{
			"SETBIT k 5 1", fmt.Sprintf("SETBIT k %d 1", 8*size), "BITFIELD k SET u8 #0 200 SET u8 #900 1 INCRBY i64 0 5", "BITOP NOT k k",
			fmt.Sprintf("BITFIELD k OVERFLOW FAIL INCRBY u8 #%d 300", size),
		} {
			if got := e.do(line); !strings.HasPrefix(got, "-ASODENY") {
				t.Errorf("%s: %s", line, got)
			}
			if d := before.diff(e.image()); d != "" || len(e.units) != units {
				t.Errorf("%s on %d bytes left something: %s", line, size, d)
			}
		}
	}
}

// TestAHiddenStringIsNotReplaced has commands that change nothing of a value, and would make a new one if there were none.
func TestAHiddenStringIsNotReplaced(t *testing.T) {
	e := newEngine(t)
	e.all("SET k abc")
	e.attach("function onGet(self, ev) return missing() end", "k")
	before := e.image()
	for _, line := range []string{"SETBIT k 0 0", "BITFIELD k OVERFLOW FAIL INCRBY u2 5 3", "BITFIELD k SET u8 0 97"} {
		if got := e.do(line); got != "-ASODENY the value is hidden" {
			t.Errorf("%s: %s", line, got)
		}
		if d := before.diff(e.image()); d != "" {
			t.Errorf("%s changed the value: %s", line, d)
		}
	}
	if got := e.do("BITCOUNT k"); got != ":0" {
		t.Errorf("BITCOUNT: %s", got)
	}
}

// TestBitopIsWhatItDoesToEachBit combines strings of all lengths around a word and a block of words, and large ones.
func TestBitopIsWhatItDoesToEachBit(t *testing.T) {
	e := newEngine(t)
	r := rand.New(rand.NewPCG(1, 2))
	operations := map[string]func(a, b byte) byte{
		"AND": func(a, b byte) byte { return a & b }, "OR": func(a, b byte) byte { return a | b }, "XOR": func(a, b byte) byte { return a ^ b },
		"NOT": func(a, _ byte) byte { return ^a },
	}
	bulk := func(s []byte) string { return strings.ReplaceAll(fmt.Sprintf("$%d\r\n%s", len(s), s), "\r\n", "|") }
	for _, size := range []int{0, 1, 7, 8, 9, 31, 32, 33, 71, 4097, 50_001} {
		a, b := make([]byte, size), make([]byte, r.IntN(size+40))
		for _, s := range [][]byte{a, b} {
			for i := range s {
				s[i] = byte(r.Uint32())
			}
		}
		e.run("SET", "a", string(a))
		e.run("SET", "b", string(b))
		longest := max(len(a), len(b))
		for name, operation := range operations {
			line, n := []string{"BITOP", name, "out", "a", "b"}, longest
			if name == "NOT" {
				line, n = line[:4], size
			}
			want, left, right := make([]byte, n), make([]byte, longest), make([]byte, longest)
			copy(left, a)
			copy(right, b)
			for i := range want {
				want[i] = operation(left[i], right[i])
			}
			e.want(fmt.Sprintf(":%d", n), line...)
			if got := e.run("GET", "out"); n > 0 && got != bulk(want) {
				t.Errorf("%s of %d and %d bytes is wrong", name, len(a), len(b))
			}
			if e.run("GET", "a") != bulk(a) {
				t.Errorf("%s changed a source", name)
			}
		}
	}
	if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
		t.Errorf("replayed: %s", d)
	}
}
