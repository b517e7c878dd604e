//go:build linux

package resp_test

import (
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// awaitResting waits until the connections of peers rest.
func (s *stack) awaitResting(t *testing.T, peers ...*peer) {
	t.Helper()
	addresses := map[string]bool{}
	for _, p := range peers {
		addresses[p.nc.LocalAddr().String()] = true
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); runtime.Gosched() {
		n := 0
		for c := range s.server.Conns() {
			if addresses[c.RemoteAddr()] && c.Rests() {
				n++
			}
		}
		if n == len(peers) {
			return
		}
	}
	t.Fatal("not all of them rest")
}

func TestSessionsThatRestHearAndAreSeen(t *testing.T) {
	s := startStack(t, nil)
	admin, subscriber, tracker, monitor, plain := s.dial(t), s.dial(t), s.dial(t), s.dial(t), s.dial(t)
	subscriber.call("SUBSCRIBE", "news")
	tracker.call("HELLO", "3")
	tracker.call("CLIENT", "TRACKING", "ON", "BCAST")
	plain.call("CLIENT", "SETNAME", "quiet")
	plain.call("CLIENT", "NO-EVICT", "ON")
	id := plain.call("CLIENT", "ID").Text
	monitor.call("MONITOR")
	for i := range 3 {
		s.awaitResting(t, subscriber, tracker, monitor, plain)
		n := strconv.Itoa(i)
		admin.call("PUBLISH", "news", n)
		if got := flat(subscriber.read()); got != "[message news "+n+"]" {
			t.Errorf("the subscriber got %s", got)
		}
		admin.call("SET", "k", n)
		if got := flat(tracker.read()); got != "[invalidate [k]]" {
			t.Errorf("the tracking client got %s", got)
		}
		for _, want := range []string{`"PUBLISH" "news"`, `"SET" "k"`} {
			if got := monitor.read().Text; !strings.Contains(got, want) {
				t.Errorf("the monitor got %s instead of %s", got, want)
			}
		}
	}
	s.awaitResting(t, subscriber, tracker, monitor, plain)
	line := admin.call("CLIENT", "LIST", "ID", id).Text
	for _, want := range []string{"name=quiet", "flags=e", "db=0", "cmd=client|id", " addr=" + plain.nc.LocalAddr().String() + " "} {
		if !strings.Contains(line, want) {
			t.Errorf("CLIENT LIST has no %s: %s", want, line)
		}
	}
	if got := admin.call("CLIENT", "KILL", "ID", id).Text; got != "1" {
		t.Errorf("%s clients were killed", got)
	}
	if _, err := plain.nc.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the killed client reads %v", err)
	}
	admin.call("CLIENT", "KILL", "TYPE", "pubsub")
	if _, err := subscriber.nc.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the killed subscriber reads %v", err)
	}
}

func TestTransactionSurvivesThatItsClientRests(t *testing.T) {
	s := startStack(t, nil)
	admin, first, second := s.dial(t), s.dial(t), s.dial(t)
	for _, p := range []*peer{first, second} {
		p.call("SELECT", "2")
		p.call("WATCH", "k")
		s.awaitResting(t, p)
		p.call("MULTI")
		s.awaitResting(t, p)
		p.call("APPEND", "k", "v")
		s.awaitResting(t, p)
	}
	if got := flat(first.call("EXEC")); got != "[1]" {
		t.Errorf("EXEC answers %s", got)
	}
	if got := flat(second.call("EXEC")); got != "nil" {
		t.Errorf("EXEC answers %s though the key was changed", got)
	}
	admin.call("SELECT", "2")
	if got := flat(admin.call("GET", "k")); got != "v" {
		t.Errorf("the value is %s", got)
	}
}
