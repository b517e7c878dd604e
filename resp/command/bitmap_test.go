package command_test

import (
	"fmt"
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
