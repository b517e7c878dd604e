package replica_test

import (
	"fmt"
	"testing"

	"comet/aso"
)

// TestDataLoadedInPartAreShownToNobody has a server that was ended while it loaded the data of a master.
func TestDataLoadedInPartAreShownToNobody(t *testing.T) {
	s := startComet(t)
	s.do("SET k v")
	tx := s.ks.BeginAll()
	tx.Start(0)
	tx.Follow("127.0.0.1", 1)
	tx.Commit()
	_, epoch := s.ks.Master()
	tx = s.ks.BeginAll()
	tx.Start(0)
	tx.SetHistory(epoch, aso.Loading, "", 0, 0)
	tx.Commit()
	for line, want := range map[string]string{
		"GET k":                  "-LOADING Redis is loading the dataset in memory",
		"PING":                   "-LOADING Redis is loading the dataset in memory",
		"REPLICAOF NO ONE":       "-LOADING Redis is loading the dataset in memory",
		"SET k w":                "-READONLY You can't write against a read only replica.",
		"CONFIG GET appendfsync": "[appendfsync everysec]",
	} {
		if got := s.do(line); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	s.follower.Changed() // as at a start
	eventually(t, func() error {
		if got := s.do("DBSIZE"); got != "0" {
			return fmt.Errorf("DBSIZE: %s", got)
		}
		return nil
	})
	if m, _ := s.journal.load(t).Master(); m.Phase != aso.Unsynced {
		t.Errorf("%+v", m)
	}
}
