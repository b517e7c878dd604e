package replica_test

import (
	"fmt"
	"regexp"
	"testing"
)

// volatile is what differs from server to server in what a replica tells of itself.
var volatile = regexp.MustCompile(`(repl_backlog_\w+|master_link_down_since_seconds|master_last_io_seconds_ago):.*`)

// TestAReplicaTellsOfItselfAsRedis lets a real Redis and Comet follow the same master, and compares what they answer in each state.
func TestAReplicaTellsOfItselfAsRedis(t *testing.T) {
	master, other := startRedis(t, "--repl-ping-replica-period", "3600"), startRedis(t, "--repl-ping-replica-period", "3600")
	redis, s := startRedis(t), startComet(t)
	own, digits := regexp.MustCompile(`(master_replid|master_repl_offset):.*`), regexp.MustCompile(`[0-9]+`)
	lines := []string{
		"ROLE", "INFO replication", "SET k w", "GET k", "WAIT 0 0", "WAIT 1 20", "FAILOVER", "FAILOVER ABORT", "FAILOVER TO 127.0.0.1 1 TIMEOUT 5 FORCE", "CONFIG GET replicaof",
		"REPLICAOF 127.0.0.1 x", "SCRIPT LOAD return", "EVAL return 1 0", "DBSIZE", "PUBLISH c m", "DEBUG DIGEST",
	}
	compare := func(state string) {
		t.Helper()
		for _, line := range lines {
			got, want := s.do(line), redis.do(line)
			if line == "INFO replication" {
				got, want = volatile.ReplaceAllString(got, "$1"), volatile.ReplaceAllString(want, "$1")
				if state == "alone" || state == "connecting" || state == "promoted" { // each has a history of its own
					got, want = own.ReplaceAllString(got, "$1"), own.ReplaceAllString(want, "$1")
				}
			}
			if line == "ROLE" && state == "promoted" { // who has a backlog counts what it writes
				got, want = digits.ReplaceAllString(got, "n"), digits.ReplaceAllString(want, "n")
			}
			if got != want {
				t.Errorf("%s: %s: %q, want %q", state, line, got, want)
			}
		}
	}
	both := func(line string) {
		t.Helper()
		if got, want := s.do(line), redis.do(line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	synced := func(r *redisServer) { // WAIT would send something to the replicas
		t.Helper()
		r.do("SET mark " + r.port)
		offset := fieldOf(r.do("INFO replication"), "master_repl_offset")
		eventually(t, func() error {
			for _, c := range []*conn{redis.conn, s.conn} {
				if info := c.do("INFO replication"); fieldOf(info, "slave_repl_offset") != offset || fieldOf(info, "master_link_status") != "up" {
					return fmt.Errorf("%s, the master is at %s", info, offset)
				}
			}
			return nil
		})
	}
	master.do("SET k v")
	compare("alone")
	both("REPLICAOF 127.0.0.1 1")
	eventually(t, func() error {
		if got := redis.do("ROLE"); got != "[slave 127.0.0.1 1 connect -1]" && got != "[slave 127.0.0.1 1 connecting -1]" {
			return fmt.Errorf("ROLE: %s", got)
		}
		return nil
	})
	lines = lines[1:] // it tries again and again
	compare("connecting")
	lines = append(lines, "ROLE")
	both("REPLICAOF 127.0.0.1 " + master.port)
	synced(master)
	compare("connected")
	both("REPLICAOF 127.0.0.1 " + master.port)
	both("SLAVEOF 127.0.0.1 " + other.port)
	synced(other)
	compare("with another master")
	both("REPLICAOF NO ONE")
	compare("promoted")
	both("SET k promoted")
	both("REPLICAOF NO ONE")
	compare("promoted")
	both("REPLICAOF 127.0.0.1 " + other.port)
	synced(other)
	compare("connected again")
}
