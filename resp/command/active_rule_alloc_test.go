//go:build !race

package command_test

import (
	"fmt"
	"testing"
)

// TestRulesDoNotAllocate runs commands on keys beside rules, and on one that a rule gives a handler.
func TestRulesDoNotAllocate(t *testing.T) {
	ses, s := benchSession(t)
	run := func(words ...string) { s.Batch(ses, [][][]byte{bytesOf(words...)}); ses.Reply.Reset() }
	run("ASO.LOAD", "#!lua name=h\nfunction onGet(self, ev) end")
	for n := range 100 {
		run("ASO.RULE", "SET", fmt.Sprint(n), fmt.Sprintf("tenant:%d:*", n), "h")
	}
	run("SET", "plain", "v")
	run("SET", "tenant:7:x", "v")
	wantNoAllocations(t, ses, s, [][]string{{"GET plain"}, {"SET plain v"}, {"MGET plain other"}, {"GET tenant:7:x"}, {"SET tenant:7:x v"}})
}
