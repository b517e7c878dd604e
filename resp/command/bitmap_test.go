package command_test

import (
	"bytes"
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
		e.all(fmt.Sprintf("SETRANGE k %d x; SETRANGE other %d x", size-1, size-1))
		e.attach(`function onUpdate(self, ev) return deny("no") end`, "k")
		before, units := e.image(), len(e.units)
		for _, line := range []string{
			"SETBIT k 5 1", fmt.Sprintf("SETBIT k %d 1", 8*size), "BITFIELD k SET u8 #0 200 SET u8 #900 1 INCRBY i64 0 5", "BITOP NOT k k", "BITOP NOT k other",
			"SET k " + strings.Repeat("y", size),
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

// TestBitopIsWhatItDoesToEachBit combines strings of all lengths around a word and a block of words, and large ones, also into one of them.
func TestBitopIsWhatItDoesToEachBit(t *testing.T) {
	e := newEngine(t)
	r := rand.New(rand.NewPCG(1, 2))
	operations := map[string]func(a, b byte) byte{
		"AND": func(a, b byte) byte { return a & b }, "OR": func(a, b byte) byte { return a | b }, "XOR": func(a, b byte) byte { return a ^ b },
		"NOT": func(a, _ byte) byte { return ^a },
	}
	bulk := func(s []byte) string { return strings.ReplaceAll(fmt.Sprintf("$%d\r\n%s", len(s), s), "\r\n", "|") }
	for _, size := range []int{0, 1, 7, 8, 9, 63, 64, 65, 4097, 50_001} {
		for name, operation := range operations {
			for _, keys := range []string{"out a b", "out a", "out b c a", "a a b", "b a b c", "out c c none"} {
				values := map[string][]byte{}
				for key, n := range map[string]int{"a": size, "b": r.IntN(size + 40), "c": size + r.IntN(40)} {
					values[key] = make([]byte, n)
					for i := range values[key] {
						values[key][i] = byte(r.Uint32())
					}
					e.run("SET", key, string(values[key]))
				}
				into, from := strings.Fields(keys)[0], strings.Fields(keys)[1:]
				if name == "NOT" {
					from = from[:1]
				}
				n := 0
				for _, key := range from {
					n = max(n, len(values[key]))
				}
				padded := func(key string) []byte { return append(bytes.Clone(values[key]), make([]byte, n-len(values[key]))...) }
				want := padded(from[0])
				others := from[1:]
				if name == "NOT" {
					others = from
				}
				for _, key := range others {
					for i, other := range padded(key) {
						want[i] = operation(want[i], other)
					}
				}
				e.want(fmt.Sprintf(":%d", n), append([]string{"BITOP", name, into}, from...)...)
				values[into] = want
				for key, v := range values {
					if got := e.run("GET", key); len(v) > 0 && got != bulk(v) {
						t.Errorf("%s %s of %d bytes: %s is wrong", name, keys, size, key)
					}
				}
			}
		}
	}
	if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
		t.Errorf("replayed: %s", d)
	}
}
