package command_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestAnElementCostsFewBytesOfTheJournal fails if a dense HyperLogLog is written as a whole for one element, or for an estimate.
func TestAnElementCostsFewBytesOfTheJournal(t *testing.T) {
	e := newEngine(t)
	for i := range 3000 {
		e.all(fmt.Sprintf("PFADD h e%d", i))
	}
	if got := e.do("PFDEBUG ENCODING h"); got != "+dense" {
		t.Fatalf("3000 elements: %s", got)
	}
	for i := range 200 {
		before := len(e.units)
		e.all(fmt.Sprintf("PFADD h more%d; PFCOUNT h", i))
		for _, unit := range e.units[before:] {
			if len(unit) > 40 {
				t.Fatalf("%d bytes in the journal: %q", len(unit), unit)
			}
		}
	}
	if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
		t.Errorf("replayed: %s", d)
	}
}

// TestScriptsThatChangeAStringOftenRememberItOnce fails if each change of a large record is remembered for the rollback.
func TestScriptsThatChangeAStringOftenRememberItOnce(t *testing.T) {
	e := newEngine(t)
	e.all("SETRANGE k 12000 x")
	before := e.image()
	got := e.run("EVAL", "for i = 1, 100000 do redis.call('SETBIT', KEYS[1], i % 90000, i % 2) end while true do end", "1", "k")
	if !strings.HasPrefix(got, "-ASOLIMIT") {
		t.Errorf("%.200s", got)
	}
	if d := before.diff(e.image()); d != "" {
		t.Errorf("the script was not taken back: %s", d)
	}
}

// TestSelfTestPasses is the one of PFSELFTEST.
func TestSelfTestPasses(t *testing.T) {
	e := newEngine(t)
	if got := e.do("PFSELFTEST"); got != "+OK" {
		t.Error(got)
	}
}
