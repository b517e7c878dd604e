//go:build !race

package command_test

import (
	"testing"

	"comet/aso"
)

// TestHooksOfRunsDoNotAllocate runs handlers that are counted: by version, object and event, by budgets of all scopes, for a trial, and in time
// for the log of costly runs, while there are secrets. What Lua needs for tables, and so for the state, is the handler's own.
func TestHooksOfRunsDoNotAllocate(t *testing.T) {
	ses, s := benchSession(t)
	run := func(want byte, words ...string) {
		t.Helper()
		s.Batch(ses, [][][]byte{bytesOf(words...)})
		if got := ses.Reply.Bytes(); got[0] != want {
			t.Fatalf("%q: %s", words, got)
		}
		ses.Reply.Reset()
	}
	const source = "#!lua name=h\nfunction onGet(self, ev) end\nfunction onUpdate(self, ev) end\nfunction onTimer() end"
	run('$', "ASO.LOAD", source)
	run('+', "ASO.ALIAS", "SET", "h", "live", "latest")
	run('$', "ASO.LOAD", source+"\n")
	run('+', "ASO.ALIAS", "SET", "h", "live", "latest", "CANARY", "100", "STOPON", "50")
	run('+', "SET", "k", "v")
	run(':', "ASO.ATTACH", "k", "h@live")
	for _, scope := range [][]string{{"HANDLER", "h"}, {"PREFIX", "k*"}, {"PREFIX", "*"}, {"USER", "default"}} {
		run('+', "ASO.LIMIT", "SET", scope[0], scope[1], "RUNS", "1000000", "FUEL", "1000000000", "MS", "1000000", "WINDOW", "1000")
	}
	run('+', "CONFIG", "SET", "aso-slowlog-slower-than", "1000000000", "aso-slowlog-fuel", "1000000000")
	if err := s.Keyspace().SetSecretKey(make([]byte, aso.SecretKeySize)); err != nil {
		t.Fatal(err)
	}
	run('+', "ASO.SECRET", "SET", "token", "key")
	wantNoAllocations(t, ses, s, [][]string{{"GET k"}, {"SET k w"}, {"GET k", "SET k v", "GET k"}, {"INCRBY n 1"}})
}
