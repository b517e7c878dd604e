package command_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestNothingRunsAfterItsRightIsGone lets clients run commands while rights come and go: what begins after the reply that took a right away
// must not succeed, in a pipeline as little as in a transaction.
func TestNothingRunsAfterItsRightIsGone(t *testing.T) {
	s, _, err := startACL(t, "", "")
	if err != nil {
		t.Fatal(err)
	}
	admin := s.client(1)
	admin.want("acl setuser u on nopass +@all ~*", "+OK")
	var epoch atomic.Int64 // odd: the rights are gone for certain
	var over atomic.Bool
	var clients sync.WaitGroup
	for id := range uint64(4) {
		c := s.client(2 + id)
		c.want("auth u x", "+OK")
		clients.Go(func() {
			for !over.Load() {
				before := epoch.Load()
				batch := [][][]byte{bytesOf("SET", "a", "1"), bytesOf("MULTI"), bytesOf("INCR", "n"), bytesOf("EXEC"), bytesOf("GET", "b")}
				for len(batch) > 0 {
					batch = batch[s.server.Batch(c.ses, batch):]
				}
				reply := string(c.ses.Reply.Bytes())
				c.ses.Reply.Reset()
				if ran := strings.Count(reply, "NOPERM ") < 5; ran && before%2 == 1 && epoch.Load() == before {
					t.Errorf("ran without the right: %q", reply)
				}
			}
		})
	}
	for range 300 {
		admin.want("acl setuser u -@write -@transaction resetkeys", "+OK")
		epoch.Add(1)
		admin.want("client list", "user=u")
		admin.want("acl list", "user u on nopass")
		epoch.Add(1)
		admin.want("acl setuser u +@all allkeys", "+OK")
		admin.want("acl setuser v on nopass +@all", "+OK")
		admin.want("acl deluser v", ":1")
	}
	over.Store(true)
	clients.Wait()
	if got := admin.do("acl log 1"); !strings.Contains(got, "|$1|u|") {
		t.Errorf("the log: %s", got)
	}
}
