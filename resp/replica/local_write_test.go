package replica_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestClientsMayWriteToAReplica lets a client write beside the master: what it writes stays until the master changes it, here and in the journal, and
// no command of the master that fails because of it ends the link.
func TestClientsMayWriteToAReplica(t *testing.T) {
	r := startRedis(t)
	s := startComet(t, "--replica-read-only", "no")
	source := "#!lua name=h\nfunction onPut(self, ev) return deny('no') end"
	for _, words := range [][]string{{"ASO.LOAD", source}, {"ASO.RULE", "SET", "all", "*", "h"}} {
		if got := s.words(words...); got[0] == '-' {
			t.Fatal(words, got)
		}
	}
	r.do("RPUSH list a")
	r.do("SET shared first")
	s.do("REPLICAOF 127.0.0.1 " + r.port)
	s.caughtUp(r)
	for _, c := range [][2]string{
		{"SET local v", "OK"},
		{"SET shared mine", "OK"},
		{"RPUSH list b", "2"},
		{"SET clash text", "OK"},
		{"SET brief v PX 10", "OK"},
		{"ASO.ATTACH local h", "-READONLY You can't write against a read only replica."},
	} {
		if got := s.do(c[0]); got != c[1] {
			t.Errorf("%s: %q, want %q", c[0], got, c[1])
		}
	}
	eventually(t, func() error { // nobody asks for it
		if got := s.do("DBSIZE"); got != "4" {
			return fmt.Errorf("%s keys, want 4", got)
		}
		return nil
	})

	r.do("RPUSH clash a")
	r.do("RPUSH list c")
	r.do("SET shared master's")
	s.caughtUp(r)
	if got := digestOf(t, s.journal.load(t)); got != s.do("DEBUG DIGEST") {
		t.Error("the journal makes other data")
	}
	for line, want := range map[string]string{"GET local": "v", "GET shared": "master's", "LRANGE list 0 -1": "[a b c]", "GET clash": "text", "DBSIZE": "4"} {
		if got := s.do(line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	if got := strings.Count(s.do("INFO replication"), "comet_following_stopped"); got != 0 {
		t.Error("the following stopped")
	}

	s.do("CONFIG SET replica-read-only yes")
	if got := s.do("SET local w"); got != "-READONLY You can't write against a read only replica." {
		t.Errorf("SET: %q", got)
	}
	r.do("RPUSH clash b")
	eventually(t, func() error {
		if got := fieldOf(s.do("INFO replication"), "comet_following_stopped"); !strings.Contains(got, "WRONGTYPE") {
			return fmt.Errorf("comet_following_stopped: %q", got)
		}
		return nil
	})
}
