//go:build !race

// Under the race detector sync.Pool drops items at random.

package command_test

import (
	"fmt"
	"strings"
	"testing"

	"comet/aso"
	"comet/resp/command"
)

// TestHotPathsDoNotAllocate runs commands on values that are there, packed and large, as a pipeline does.
func TestHotPathsDoNotAllocate(t *testing.T) {
	ses, s := benchSession(t)
	run := func(words ...string) { s.Batch(ses, [][][]byte{bytesOf(words...)}); ses.Reply.Reset() }
	for n := range 2000 {
		run("HSET", "large-hash", fmt.Sprint("f", n), "v")
		run("SADD", "large-set", fmt.Sprint("m", n))
		run("RPUSH", "large-list", fmt.Sprint("element ", n))
	}
	for n := range 300 {
		run("XADD", "stream", fmt.Sprint(n+1), "sensor", "12", "temperature", "15", "unit", "celsius")
	}
	run("XGROUP", "CREATE", "stream", "g", "0")
	run("XREADGROUP", "GROUP", "g", "c", "COUNT", "50", "STREAMS", "stream", ">")
	run("HSET", "hash", "f1", "v", "f2", "v")
	run("SADD", "set", "m1", "m2")
	run("SADD", "ints", "1", "2", "3")
	run("RPUSH", "list", "a", "b", "c")
	wantNoAllocations(t, ses, s, [][]string{
		{"HSET hash f1 other"},
		{"HSET large-hash f1 other"},
		{"HGET hash f1"},
		{"HGET large-hash f1"},
		{"HSET large-hash f1 v", "HSET large-hash f2 v", "HGET large-hash f3", "SADD large-set m1", "SISMEMBER large-set m2", "HGET hash f1"},
		{"HGETALL hash"},
		{"HINCRBY hash n 1"},
		{"HMGET hash f1 f2 f3"},
		{"HDEL hash f2", "HSET hash f2 v"},
		{"SADD set m1"},
		{"SISMEMBER set m1"},
		{"SISMEMBER large-set m1"},
		{"SISMEMBER ints 2"},
		{"SMEMBERS set"},
		{"SCARD set"},
		{"SREM set m1", "SADD set m1"},
		{"SREM large-set m1", "SADD large-set m1"},
		{"SREM ints 2", "SADD ints 2"},
		{"SRANDMEMBER set"},
		{"SPOP ints", "SADD ints 1 2 3"},
		{"LPUSH list x", "LPOP list"},
		{"RPUSH list x", "RPOP list"},
		{"LPUSH large-list x", "RPOP large-list"},
		{"LRANGE list 0 -1"},
		{"LRANGE large-list 0 99"},
		{"LINDEX large-list 1000"},
		{"LSET list 0 y"},
		{"LMOVE list list LEFT RIGHT"},
		{"LMOVE large-list list LEFT RIGHT", "LMOVE list large-list RIGHT LEFT"},
		{"SET string v"},
		{"GET string"},
		{"SET string v EX 100", "SET string v KEEPTTL"},
		{"SET string v GET"},
		{"SETNX string v"},
		{"MSET string a other b", "MGET string other missing"},
		{"INCR number"},
		{"INCRBY number -5"},
		{"STRLEN string"},
		{"SETRANGE string 0 x"},
		{"APPEND string x", "SET string v"},
		{"GETRANGE string 0 -1"},
		{"GETEX string EX 100", "GETEX string PERSIST"},
		{"EXPIRE string 100", "TTL string", "PERSIST string"},
		{"EXISTS string missing"},
		{"TYPE string"},
		{"TOUCH string"},
		{"SET new v", "DEL new"},
		{"SADD new m", "DEL new"},
		{"RPUSH new m", "LPOP new"},
		{"HSET new f v", "HDEL new f"},
		{"XADD stream MAXLEN = 300 * sensor 12 temperature 15 unit celsius"},
		{"XLEN stream"},
		{"XRANGE stream - + COUNT 100"},
		{"XREVRANGE stream + - COUNT 100"},
		{"XREAD COUNT 100 STREAMS stream 0"},
		{"XREAD STREAMS stream $"},
		{"XPENDING stream g"},
		{"XPENDING stream g - + 10"},
		{"XINFO STREAM stream"},
	})
}

// wantNoAllocations runs each line of commands as a pipeline, many times.
func wantNoAllocations(t *testing.T, ses *command.Session, s *command.Server, lines [][]string) {
	t.Helper()
	for _, line := range lines {
		var cmds [][][]byte
		for _, words := range line {
			cmds = append(cmds, bytesOf(strings.Fields(words)...))
		}
		allocs := 1.0
		for attempt := 0; attempt < 3 && allocs > 0; attempt++ { // what the runtime allocates meanwhile counts, too; what a command needs it needs always
			allocs = testing.AllocsPerRun(200, func() {
				s.Batch(ses, cmds)
				ses.Reply.Reset()
			})
		}
		if allocs > 0 {
			t.Errorf("%v: %v allocations", line, allocs)
		}
	}
}

// TestRightsDoNotAllocate runs commands of a user who may not do everything.
func TestRightsDoNotAllocate(t *testing.T) {
	ses, s := benchSession(t)
	for _, line := range []string{"ACL SETUSER u on nopass +@all -keys ~x* (+get ~k*) (%RW~s* &c +@all)", "AUTH u x"} {
		s.Batch(ses, [][][]byte{bytesOf(strings.Fields(line)...)})
	}
	if got := string(ses.Reply.Bytes()); got != "+OK\r\n+OK\r\n" {
		t.Fatal(got)
	}
	ses.Reply.Reset()
	wantNoAllocations(t, ses, s, [][]string{
		{"GET k1"},
		{"SET s1 v"},
		{"SET s1 v GET"},
		{"MGET s1 s2 s3"},
		{"PUBLISH c m"},
		{"EXPIRE s1 100", "GETEX s1 PERSIST"},
	})
}

// TestScriptsAllocateLittle runs a script and a function that read a key: they need KEYS, ARGV and what is in them.
func TestScriptsAllocateLittle(t *testing.T) {
	ses, s := benchSession(t)
	const get = "return redis.call('GET', KEYS[1])"
	run := func(words ...string) { s.Batch(ses, [][][]byte{bytesOf(words...)}); ses.Reply.Reset() }
	run("SET", "a", "v")
	run("SCRIPT", "LOAD", get)
	run("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('get', function(KEYS) "+get+" end)")
	for _, words := range [][]string{{"EVALSHA", aso.ScriptName([]byte(get)), "1", "a"}, {"EVAL", get, "1", "a"}, {"FCALL", "get", "1", "a"}} {
		batch := [][][]byte{bytesOf(words...)}
		const most = 6
		if n := testing.AllocsPerRun(1000, func() { s.Batch(ses, batch); ses.Reply.Reset() }); n > most {
			t.Errorf("%q: %v allocations, want at most %d", words, n, most)
		}
	}
}
