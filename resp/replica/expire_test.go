package replica_test

import (
	"fmt"
	"testing"
	"time"
)

// TestOnlyTheMasterLetsKeysExpire changes keys in the moment when they expire: what the master decides holds.
func TestOnlyTheMasterLetsKeysExpire(t *testing.T) {
	r := startRedis(t)
	s := startComet(t)
	r.do("DEBUG SET-ACTIVE-EXPIRE 0")
	r.do("SET before v PX 1")
	s.do("REPLICAOF 127.0.0.1 " + r.port)
	s.caughtUp(r)
	r.do("DEBUG SET-ACTIVE-EXPIRE 1")
	for i := range 400 { // which side of their end they are on, the master alone knows
		r.do(fmt.Sprintf("SET n%d 5 PX %d", i, 1+i%4))
		r.do(fmt.Sprintf("INCR n%d", i))
		r.do(fmt.Sprintf("APPEND a%d x", i%7))
		r.do(fmt.Sprintf("PEXPIRE a%d %d", i%7, 1+i%3))
		r.do(fmt.Sprintf("PERSIST n%d", i-3))
		r.do(fmt.Sprintf("SETEX past%d 1 v", i))
		r.do(fmt.Sprintf("EXPIREAT past%d 1", i))
	}
	s.equals(r)
	if got, want := s.do("DBSIZE"), r.do("DBSIZE"); got != want {
		t.Errorf("%s keys, the master has %s", got, want)
	}

	r.do("DEBUG SET-ACTIVE-EXPIRE 0")
	r.do("SET k v PX 30")
	s.caughtUp(r)
	eventually(t, func() error {
		if got := s.do("EXISTS k"); got != "0" {
			return fmt.Errorf("EXISTS k: %s", got)
		}
		return nil
	})
	if got, want := s.do("DBSIZE"), r.do("DBSIZE"); got != want {
		t.Errorf("%s keys, the master has %s: one of them deleted the key by itself", got, want)
	}
	s.do("REPLICAOF NO ONE")
	eventually(t, func() error {
		if got, all := s.do("DBSIZE"), r.do("DBSIZE"); got == all {
			return fmt.Errorf("%s keys after the promotion", got)
		}
		return nil
	})
}

// TestHandlersRestWhileFollowing has rules, feeds and timers from before, which act again after the promotion.
func TestHandlersRestWhileFollowing(t *testing.T) {
	r := startRedis(t)
	s := startComet(t)
	source := "#!lua name=h\nfunction onUpdate(self, ev) self.state.n = (self.state.n or 0) + 1 return value('mine') end\nfunction onPut(self, ev) return deny('no') end\nfunction onGet(self) return 'hidden' end"
	for _, words := range [][]string{
		{"ASO.LOAD", source},
		{"ASO.RULE", "SET", "all", "k*", "h"},
		{"ASO.FEED", "CREATE", "f", "MATCH", "*"},
	} {
		if got := s.words(words...); len(got) > 0 && got[0] == '-' {
			t.Fatal(words, got)
		}
	}
	s.do("SET plain v")
	s.do("REPLICAOF 127.0.0.1 " + r.port)
	s.caughtUp(r)
	r.do("SET k1 v")
	r.do("APPEND k1 w")
	r.do("RPUSH aso:feed:f not a feed there")
	s.equals(r)
	if got := s.do("GET k1"); got != "vw" {
		t.Errorf("GET k1: %q", got)
	}
	s.do("REPLICAOF NO ONE")
	if got := s.do("GET k1"); got != "hidden" {
		t.Errorf("GET k1 after the promotion: %q", got)
	}
	if got := s.do("SET k2 v"); got != "-ASODENY no" {
		t.Errorf("SET k2: %q", got)
	}
}

// TestTimersFireAfterThePromotion follows nobody who is there, so the objects stay.
func TestTimersFireAfterThePromotion(t *testing.T) {
	s := startComet(t)
	s.words("ASO.LOAD", "#!lua name=h\nfunction onTimer(self, ev) self:call('SET', 'fired') end")
	wait := 100 * time.Millisecond
	for late := true; late; wait *= 2 { // until the server follows before the timer is due
		began := time.Now()
		for _, words := range [][]string{
			{"REPLICAOF", "NO", "ONE"},
			{"ASO.SET", "k", "v", "HANDLER", "h"},
			{"ASO.TIMER", "SET", "k", "t", "IN", fmt.Sprint(wait.Milliseconds())},
			{"REPLICAOF", "127.0.0.1", "1"},
		} {
			if got := s.words(words...); len(got) > 0 && got[0] == '-' {
				t.Fatal(words, got)
			}
		}
		late = time.Since(began) >= wait
	}
	due := time.NewTimer(wait + 100*time.Millisecond) // of which the timer waited half
	defer due.Stop()
	<-due.C
	if got := s.do("GET k"); got != "v" {
		t.Errorf("GET k: %q", got)
	}
	s.do("REPLICAOF NO ONE")
	eventually(t, func() error {
		if got := s.do("GET k"); got != "fired" {
			return fmt.Errorf("GET k: %q", got)
		}
		return nil
	})
}
