package replica_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"comet/aso"
)

// TestAFullDiskWhileDataAreLoadedIsNotTheEnd lets the disk be full after some of the data of a master. What was there before is gone by then, and a part of the new
// data is shown to nobody. When there is room again all data come again.
func TestAFullDiskWhileDataAreLoadedIsNotTheEnd(t *testing.T) {
	r := startRedis(t)
	r.do("DEBUG POPULATE 5000")
	r.words("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)")
	for _, room := range []int{0, 1, 3000, 5002} { // which is at the decision to follow, the removal of all, among the keys, and behind them
		t.Run(fmt.Sprint(room), func(t *testing.T) {
			s := startComet(t)
			s.do("SET mine v")
			s.journal.fill(room)
			_ = s.do("REPLICAOF 127.0.0.1 " + r.port)
			eventually(t, func() error {
				if s.commands.WritesStopped() == nil || !strings.Contains(s.log.String(), "no link to the master") {
					return errors.New("no outage")
				}
				return nil
			})
			switch m, _ := s.ks.Master(); {
			case m.Phase != aso.Unsynced:
				t.Errorf("%+v", m)
			case room > 0:
				if got := s.do("DBSIZE"); got != "0" {
					t.Errorf("%s keys", got)
				}
			default:
				if got := s.do("GET mine"); got != "v" {
					t.Errorf("GET mine: %q", got)
				}
			}
			s.journal.fill(-1)
			s.commands.ResumeWrites()
			s.equals(r)
			if strings.Contains(s.log.String(), "following stopped") {
				t.Error(s.log)
			}
		})
	}
}

// TestAFailedSaveDoesNotEndTheFollowing has save points and a snapshot that failed: clients may not write then, but what the master sends is in the journal.
func TestAFailedSaveDoesNotEndTheFollowing(t *testing.T) {
	r := startRedis(t)
	s := startComet(t, "--save", "1 1", "--replica-read-only", "no")
	s.do("REPLICAOF 127.0.0.1 " + r.port)
	s.caughtUp(r)
	s.commands.NoteSave(errors.New("no room"))
	if got := s.do("SET own v"); !strings.HasPrefix(got, "-MISCONF") {
		t.Errorf("SET: %q", got)
	}
	r.do("SET k v")
	r.do("INCR n")
	s.caughtUp(r)
	s.equals(r)
}
