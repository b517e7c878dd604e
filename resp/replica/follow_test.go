package replica_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"comet/aso"
)

// someWrites returns a command, of all types and in some databases, as n chooses.
func someWrites(r *rand.Rand) []string {
	n, k := fmt.Sprint(r.IntN(1000)), fmt.Sprint(r.IntN(20))
	lines := []string{
		"SET s" + k + " " + n, "APPEND s" + k + " x", "INCR n" + k, "INCRBYFLOAT f" + k + " 0.1", "SETRANGE s" + k + " 30 y", "SET e" + k + " v PX " + n, "GETEX s" + k + " PX 500",
		"SETBIT b" + k + " " + n + " 1", "PFADD p" + k + " " + n, "PFCOUNT p" + k, "GETDEL s" + k, "GETSET s" + k + " " + n, "MSET s1 a s2 b",
		"HSET h" + k + " f" + n + " v", "HINCRBY h" + k + " n 1", "HINCRBYFLOAT h" + k + " x 1.5", "HDEL h" + k + " f" + n,
		"RPUSH l" + k + " " + n + " a b", "LPUSH l" + k + " " + n, "LPOP l" + k + " 2", "LMOVE l" + k + " l1 LEFT RIGHT", "LTRIM l" + k + " 0 50", "LINSERT l" + k + " BEFORE a z", "BLPOP l" + k + " 0.001",
		"SADD m" + k + " " + n + " " + k, "SPOP m" + k, "SPOP m" + k + " 3", "SUNIONSTORE m1 m2 m3", "SADD t" + k + " text-" + n,
		"ZADD z" + k + " " + n + " a" + n, "ZINCRBY z" + k + " 1.5 a", "ZPOPMIN z" + k, "ZRANGESTORE z1 z2 0 5", "GEOADD g" + k + " 13.3 38.1 p" + n,
		"XADD x" + k + " * f " + n, "XADD x" + k + " MAXLEN ~ 50 * f " + n, "XTRIM x" + k + " MAXLEN 40", "XGROUP CREATE x" + k + " g 0 MKSTREAM", "XREADGROUP GROUP g c COUNT 2 STREAMS x" + k + " >",
		"XAUTOCLAIM x" + k + " g d 0 0 COUNT 3", "XDEL x" + k + " 1-1", "XGROUP DELCONSUMER x" + k + " g c",
		"DEL s" + k, "UNLINK l" + k, "RENAME s" + k + " s1", "COPY h" + k + " h1 REPLACE", "EXPIRE z" + k + " 1", "PEXPIRE h" + k + " " + n, "PERSIST h" + k, "MOVE s" + k + " 3", "SORT m" + k + " ALPHA STORE l2",
		"SELECT 0", "SELECT 1", "SELECT 7", "RESTORE r" + k + " 0 x", "PUBLISH c " + n,
	}
	if r.IntN(60) == 0 {
		lines = []string{"SWAPDB 1 7", "FLUSHDB"}
	}
	return strings.Fields(lines[r.IntN(len(lines))])
}

// write sends random commands to r: single ones, transactions and scripts.
func write(r *redisServer, random *rand.Rand, n int) {
	r.t.Helper()
	for i := range n {
		switch i % 10 {
		case 3:
			r.do("MULTI")
			for range 4 {
				r.words(someWrites(random)...)
			}
			r.do("EXEC")
		case 7:
			k := fmt.Sprint(random.IntN(20))
			r.words("EVAL", "redis.call('INCR', KEYS[1]) redis.call('RPUSH', KEYS[2], 'script') redis.pcall('LPUSH', KEYS[1], 'no') return redis.call('TIME')", "2", "n"+k, "l"+k)
		default:
			r.words(someWrites(random)...)
		}
	}
}

func TestAllDataComeUnderWriteLoad(t *testing.T) {
	for _, diskless := range []string{"yes", "no"} {
		t.Run("diskless "+diskless, func(t *testing.T) {
			r := startRedis(t, "--repl-diskless-sync", diskless)
			s := startComet(t)
			random := rand.New(rand.NewPCG(1, 2))
			write(r, random, 3000)
			r.do("SELECT 4")
			r.do("DEBUG POPULATE 5000 key 100")
			r.words("SET", "big", strings.Repeat("big value ", 1<<20))
			r.words("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('one', function(keys) return redis.call('INCR', keys[1]) end)")
			s.do("SET mine v")
			s.words("FUNCTION", "LOAD", "#!lua name=own\nredis.register_function('own', function() return 1 end)")
			var writing sync.WaitGroup
			other := &redisServer{dial(t, "127.0.0.1:"+r.port), r.port}
			writing.Go(func() { write(other, rand.New(rand.NewPCG(3, 4)), 3000) })
			if got := s.do("REPLICAOF 127.0.0.1 " + r.port); got != "OK" {
				t.Fatal(got)
			}
			write(r, random, 1000)
			writing.Wait()
			r.do("SELECT 0")
			r.do("FCALL one 1 called")
			s.caughtUp(r)
			s.equals(r)
			if got := s.do("FUNCTION LIST"); !strings.Contains(got, "library_name lib") || strings.Contains(got, "own") {
				t.Errorf("functions: %s", got)
			}
			if link := s.follower.Link(); link.Full != 1 || link.Partial != 0 {
				t.Errorf("link: %+v", link)
			}
		})
	}
}

func TestClientsOfAReplica(t *testing.T) {
	r := startRedis(t)
	s := startComet(t)
	r.do("RPUSH l a b")
	blocked := dial(t, s.addr)
	if err := blocked.Send([]byte("BLPOP"), []byte("q"), []byte("0")); err != nil {
		t.Fatal(err)
	}
	if err := blocked.Flush(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if !strings.Contains(s.do("CLIENT LIST"), "flags=b") {
			return fmt.Errorf("nobody blocks")
		}
		return nil
	})
	s.do("REPLICAOF 127.0.0.1 " + r.port)
	if reply, err := blocked.Receive(); err != nil || string(reply.Text) != "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)" {
		t.Errorf("the blocked client got %q %v", reply.Text, err)
	}
	s.caughtUp(r)
	for line, want := range map[string]string{
		"LRANGE l 0 -1":                         "[a b]",
		"RPUSH l c":                             "-READONLY You can't write against a read only replica.",
		"ASO.RULE SET r MATCH * HANDLER h":      "-READONLY You can't write against a read only replica.",
		"REPLICAOF 127.0.0.1 " + r.port:         "OK Already connected to specified master",
		"EVAL return(redis.call('LLEN','l')) 0": "2",
		"CONFIG GET replicaof":                  "[replicaof 127.0.0.1 " + r.port + "]",
		"FAILOVER":                              "-ERR FAILOVER is not valid when server is a replica.",
		"CLIENT LIST TYPE master":               "",
	} {
		got := s.do(line)
		if line == "CLIENT LIST TYPE master" {
			if !strings.Contains(got, " flags=M ") {
				t.Errorf("%s: %s", line, got)
			}
		} else if got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	if got := s.words("EVAL", "return redis.call('SET', KEYS[1], 1)", "1", "k"); !strings.HasPrefix(got, "-READONLY You can't write against a read only replica.") {
		t.Error(got)
	}
	if got, want := s.do("ROLE"), "[slave 127.0.0.1 "+r.port+" connected "; !strings.HasPrefix(got, want) {
		t.Errorf("ROLE: %s", got)
	}
	s.do("REPLICAOF NO ONE")
	if got := s.do("RPUSH l c"); got != "3" {
		t.Error(got)
	}
	if m, _ := s.ks.Master(); m.Phase != aso.Alone {
		t.Errorf("%+v", m)
	}
	info := s.do("INFO replication")
	if id := fieldOf(r.do("INFO replication"), "master_replid"); fieldOf(info, "role") != "master" || fieldOf(info, "master_replid2") != id || fieldOf(info, "second_repl_offset") == "-1" {
		t.Error(info)
	}
}

// fieldOf returns a field of INFO.
func fieldOf(info, name string) string {
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
