package command_test

import (
	"strings"
	"testing"
)

// TestChangesAreCountedAsInRedis has the differences of rdb_changes_since_last_save that a Redis 7.0.15 shows.
func TestChangesAreCountedAsInRedis(t *testing.T) {
	e := newEngine(t)
	for _, c := range []struct {
		line string
		want int64
	}{
		{"MSET a 1 b 2", 2},
		{"INCR a", 1},
		{"SETBIT bits 3 0", 1},
		{"SETBIT bits 3 0", 0},
		{"SETBIT bits 3 1", 1},
		{"DEL a b none", 2},
		{"BITFIELD bf SET i5 0 0", 1},
		{"BITFIELD bf SET i5 0 0", 0},
		{"BITFIELD bf SET i5 0 1 SET i5 0 1 SET i5 0 0", 2},
		{"BITFIELD new SET i5 0 0 SET i5 5 0 SET i5 80 1", 3},
		{"BITFIELD other OVERFLOW FAIL INCRBY u2 0 100", 0},
		{"BITFIELD other SET u2 0 1 SET u2 20 0", 2},
		{"HSET h a 1 b 2", 2},
		{"HSET h a 1 b 2", 2},
		{"HDEL h a none", 1},
		{"HDEL h b", 1},
		{"RPUSH l a b c", 3},
		{"LPUSH l a b c d", 4},
		{"LPOP l 2", 2},
		{"LREM l 0 a", 2},
		{"LTRIM l 0 0", 2},
		{"LTRIM l 0 -1", 0},
		{"SADD s a b c", 3},
		{"SADD s a d", 1},
		{"SREM s a b none", 2},
		{"SADD s 1 2 3", 3},
		{"SPOP s 2", 2},
		{"ZADD z 1 a 2 b 3 c", 3},
		{"ZADD z 1 a 3 b", 1},
		{"ZREMRANGEBYRANK z 0 1", 2},
		{"GEOADD g 1 1 a 2 2 b", 2},
		{"RENAME g g2", 1},
		{"MOVE g2 3", 1},
		{"RPUSH l2 2 1 3", 3},
		{"SORT l2 STORE l3", 3},
		{"LMOVE l2 l3 LEFT RIGHT", 1},
		{"COPY l2 l3 REPLACE", 1},
		{"SPOP s 100", 3},
		{"PFADD hll a b c", 4},
		{"PFADD hll a d", 1},
		{"SWAPDB 0 0", 1},
		{"FUNCTION FLUSH", 1},
		{"SET k v", 1},
		{"EXPIREAT k 99999999999", 1},
		{"EXPIREAT k 99999999999", 1},
		{"XADD x 1 a b", 1},
		{"XADD x 2 a b", 1},
		{"XADD x 3 a b", 1},
		{"XGROUP CREATE x g 0", 1},
		{"XREADGROUP GROUP g c STREAMS x >", 2},
		{"XCLAIM x g d 0 1 2", 3},
		{"XAUTOCLAIM x g d 0 0", 3},
		{"XACK x g 1 2", 2},
		{"XDEL x 1 2 9", 2},
		{"XTRIM x MAXLEN 0", 1},
	} {
		before := e.ks.Metrics.Changes.Load()
		e.all(c.line)
		if got := e.ks.Metrics.Changes.Load() - before; got != c.want {
			t.Errorf("%s: %d, want %d", c.line, got, c.want)
		}
	}
}

// TestEachCommandOfAPipelineCountsItsOwnChanges has commands behind one that says what it counts as, among them one that runs without a Tx.
func TestEachCommandOfAPipelineCountsItsOwnChanges(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v")
	before := e.ks.Metrics.Changes.Load()
	cmds := [][][]byte{}
	for _, line := range []string{"EXPIRE k 100", "MSET a 1 b 2 c 3", "EXPIRE k 100", "GET k", "EXPIRE k 100", "CLIENT LIST", "EXPIRE none 100", "DEL a b"} {
		cmds = append(cmds, bytesOf(strings.Fields(line)...))
	}
	if n := e.server.Batch(e.ses, cmds); n != len(cmds) {
		t.Fatalf("%d of %d commands ran", n, len(cmds))
	}
	if got := e.ks.Metrics.Changes.Load() - before; got != 8 {
		t.Errorf("%d changes, want 8", got)
	}
}

// TestACommandBehindOneThatDidNotBeginIsACall has a refusal in the middle of a pipeline.
func TestACommandBehindOneThatDidNotBeginIsACall(t *testing.T) {
	e := newEngine(t)
	var cmds [][][]byte
	for _, line := range []string{"SET k v", "MODULE LOAD x", "GET k", "GET k"} {
		cmds = append(cmds, bytesOf(strings.Fields(line)...))
	}
	if n := e.server.Batch(e.ses, cmds); n != len(cmds) {
		t.Fatalf("%d of %d commands ran", n, len(cmds))
	}
	stats := e.run("INFO", "commandstats")
	for _, want := range []string{"cmdstat_set:calls=1,", "cmdstat_get:calls=2,"} {
		if !strings.Contains(stats, want) {
			t.Errorf("no %s in %s", want, stats)
		}
	}
}
