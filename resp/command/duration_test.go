package command

import (
	"testing"
	"time"

	"comet/aso"
	"comet/resp/wire"
)

// TestDurationsAreThoseOfTheCommands runs commands that take no locks first in their batch, on a server that has been up for long: that
// time is none of theirs.
func TestDurationsAreThoseOfTheCommands(t *testing.T) {
	config, err := NewConfig()
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServer(aso.New(aso.Options{}), Options{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	s.started = s.started.Add(-24 * time.Hour)
	ses := s.NewSession(&pushConn{}, &wire.Reply{})
	for _, line := range []string{"multi", "ping", "exec", "ping", "get"} {
		args := [][]byte{[]byte(line)}
		if line == "get" {
			args = append(args, []byte("k"))
		}
		s.Batch(ses, [][][]byte{args})
		if took := time.Duration(s.table[line].stats.nanoseconds.Load()); took > time.Hour {
			t.Errorf("%s took %v", line, took)
		}
	}
}
