package command_test

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// noticed are pipelines of a client that listens to what it does itself, with what came before; commands are separated by semicolons.
var noticed = []struct{ before, pipeline string }{
	{``, `SET k v`},
	{`SET k v`, `SET k v GET`},
	{``, `SET k v EX 10`},
	{``, `SETNX k v`},
	{``, `SETEX k 10 v`},
	{``, `MSET a 1 b 2`},
	{``, `MSETNX a 1 b 2`},
	{``, `GETSET k v`},
	{`SET k v`, `GETSET k v`},
	{`SET k v`, `GETDEL k`},
	{`SET k v`, `GETEX k EX 10`},
	{`SET k v EX 10`, `GETEX k PERSIST`},
	{``, `APPEND k v`},
	{``, `SETRANGE k 1 v`},
	{``, `INCR k`},
	{``, `INCRBYFLOAT k 1.5`},
	{``, `SETBIT k 1 1`},
	{`SET k v`, `BITOP NOT d k`},
	{``, `BITFIELD k SET i8 0 1`},
	{``, `PFADD k a`},
	{`PFADD k a`, `PFMERGE d k`},
	{``, `LPUSH k a`},
	{``, `RPUSH k a`},
	{`LPUSH k a`, `LPUSHX k a`},
	{`LPUSH k a b c`, `LPOP k`},
	{`LPUSH k a b c`, `LPOP k 2`},
	{`LPUSH k a`, `RPOP k`},
	{`LPUSH k a`, `RPOP k 5`},
	{`LPUSH k a`, `LSET k 0 b`},
	{`LPUSH k a`, `LINSERT k before a b`},
	{`LPUSH k a b`, `LREM k 0 a`},
	{`LPUSH k a b`, `LTRIM k 0 0`},
	{`LPUSH k a b`, `LMOVE k d left left`},
	{`LPUSH k a b`, `RPOPLPUSH k d`},
	{`LPUSH k a b`, `LMPOP 1 k left count 2`},
	{`LPUSH k a b`, `BLPOP k 0`},
	{`LPUSH k a b`, `BLMOVE k d left left 0`},
	{`LPUSH k a b`, `BLMPOP 0 1 k left`},
	{``, `SADD k a`},
	{`SADD k a b`, `SREM k a b`},
	{`SADD k a b`, `SMOVE k d a`},
	{`SADD k a b`, `SINTERSTORE d k k`},
	{`SADD k a b`, `SUNIONSTORE d k k`},
	{`SADD k a b;SET d x`, `SDIFFSTORE d k k`},
	{``, `ZADD k 1 a`},
	{``, `ZADD k incr 1 a`},
	{``, `ZINCRBY k 1 a`},
	{`ZADD k 1 a 2 b`, `ZREM k a b`},
	{`ZADD k 1 a 2 b`, `ZREMRANGEBYSCORE k 0 5`},
	{`ZADD k 1 a 2 b`, `ZREMRANGEBYRANK k 0 0`},
	{`ZADD k 1 a 2 b`, `ZREMRANGEBYLEX k - +`},
	{`ZADD k 1 a 2 b`, `ZUNIONSTORE d 1 k`},
	{`ZADD k 1 a 2 b`, `ZRANGESTORE d k 0 -1`},
	{``, `GEOADD k 1 1 a`},
	{`GEOADD k 1 1 a`, `GEOSEARCHSTORE d k FROMLONLAT 1 1 BYRADIUS 10 km`},
	{``, `HSET k a 1`},
	{``, `HMSET k a 1`},
	{``, `HSETNX k a 1`},
	{``, `HINCRBY k a 1`},
	{``, `HINCRBYFLOAT k a 1`},
	{`HSET k a 1`, `HDEL k a`},
	{``, `XADD k 1-1 a b`},
	{`XADD k 1-1 a b`, `XADD k MAXLEN 1 2-1 a b`},
	{`XADD k 1-1 a b`, `XDEL k 1-1`},
	{`XADD k 1-1 a b`, `XTRIM k MAXLEN 0`},
	{``, `XGROUP CREATE k g 0 MKSTREAM`},
	{`XADD k 1-1 a b;XGROUP CREATE k g 0`, `XGROUP CREATECONSUMER k g c`},
	{`XADD k 1-1 a b;XGROUP CREATE k g 0`, `XGROUP SETID k g 0`},
	{`XADD k 1-1 a b;XGROUP CREATE k g 0`, `XGROUP DESTROY k g`},
	{`XADD k 1-1 a b;XGROUP CREATE k g 0;XREADGROUP GROUP g c STREAMS k >`, `XGROUP DELCONSUMER k g c`},
	{`XADD k 1-1 a b`, `XSETID k 5-5`},
	{`SET k v`, `DEL k`},
	{`SET k v;SET j v`, `DEL k j`},
	{`SET k v;SET j v`, `UNLINK k j`},
	{`SET k v`, `EXPIRE k 10`},
	{`SET k v`, `EXPIRE k -1`},
	{`SET k v EX 10`, `PERSIST k`},
	{`SET k v`, `RENAME k d`},
	{`SET k v`, `RENAMENX k d`},
	{`SET k v`, `COPY k d`},
	{`SET k v`, `MOVE k 1`},
	{`LPUSH k 1 2`, `SORT k STORE d`},
	{`SET k v;SET j v`, `MULTI;SET k 1;LPUSH l 1;DEL j;GET k;EXEC`},
	{``, `EVAL "redis.call('set','a','1') redis.call('lpush','l','1') return {1,2}" 0`},
	{``, `PUBLISH __keyspace@0__:k xx`},
	{``, `MULTI;PUBLISH __keyspace@0__:k xx;SET k 1;EXEC`},
	{``, `EVAL "redis.call('publish','__keyspace@0__:k','xx') return {1,2}" 0`},
	{``, `EVAL "return redis.call('publish','__keyspace@0__:k','xx')" 0`},
	{`LPUSH k a b`, `LMPOP 1 k left`},
	{`LPUSH k 1 2`, `SORT x STORE k`},
	{`SET k v`, `SUBSCRIBE x;SET k w;UNSUBSCRIBE x`},
	{`SADD k a b;SET d x`, `SINTERSTORE d k n`},
	{`SADD k a;ZADD d 1 x`, `ZUNIONSTORE d 1 n`},
	{`SADD k a;ZADD d 1 x`, `ZRANGESTORE d n 0 -1`},
	{`SADD k a;ZADD d 1 x`, `ZINTERSTORE d 1 n`},
	{`SADD k a;ZADD d 1 x`, `ZDIFFSTORE d 1 n`},
	{`SADD k a;ZADD d 1 x`, `SORT n STORE d`},
	{`SADD k a`, `SPOP k`},
	{`ZADD k 1 a`, `ZADD k 1 a`},
	{`LPUSH k a`, `LMOVE k k left right`},
	{`LPUSH k a`, `LMOVE k d left right`},
	{`LPUSH k a`, `RPOPLPUSH k d`},
	{`XADD k 1-1 a b;XADD k 2-1 a b;SET x 1`, `XADD k MAXLEN 1 3-1 a b`},
	{`SET k v`, `SET k v EX 10 GET`},
	{`CONFIG SET notify-keyspace-events KEAnm`, `CONFIG SET notify-keyspace-events KEAmn;LPUSH k a;GET x;GETDEL x;SET s 1;GETSET y 1;HSET h a 1;LPOP nn;SPOP nn;CONFIG SET notify-keyspace-events KEA`},
	{`LPUSH k 1`, `LINSERT k before 1 2`},
	{``, `EVAL "redis.call('set','a','1') return redis.error_reply('x')" 0`},
	{``, `EVAL "redis.call('set','a','1') error('x')" 0`},
	{``, `MULTI;SUBSCRIBE x;SET k 1;EXEC`},
	{`GEOADD k 1 1 a`, `GEORADIUS k 1 1 10 km STORE d`},
	{`GEOADD k 1 1 a`, `GEORADIUS k 1 1 1 m STORE k`},
	{`GEOADD k 1 1 a`, `GEOSEARCHSTORE k k FROMLONLAT 7 7 BYRADIUS 1 m`},
	{`CONFIG SET notify-keyspace-events KAn`, `SET a 1 GET;ZADD z 1 a;BITFIELD b SET i8 0 1;GEOADD g 1 1 a;SUNIONSTORE u s;SADD s a;SUNIONSTORE u s;HSET h a 1;XADD x 1-1 a b;CONFIG SET notify-keyspace-events KA`},
	// who subscribes behind a message does not get it
	{``, `PUNSUBSCRIBE;SET k v;PUBLISH c x;PSUBSCRIBE *;SET l w`},
	{``, `EVAL "return redis.call('publish','c','x')" 0;SUBSCRIBE c;EVAL "return redis.call('publish','c','y')" 0`},
	{``, `SUBSCRIBE c;EVAL "return redis.call('publish','c','x')" 0;UNSUBSCRIBE c;EVAL "return redis.call('publish','c','y')" 0;SUBSCRIBE c`},
	{``, `MULTI;PUBLISH c x;SET k v;PUNSUBSCRIBE;SET k w;SUBSCRIBE c;PUBLISH c y;EXEC;SET k x`},
	{``, `EVAL "redis.call('set','k','v') return redis.call('spublish','s','x')" 0;SSUBSCRIBE s;EVAL "return redis.call('spublish','s','y')" 0`},
	// who wants no replies gets messages
	{``, `CLIENT REPLY OFF;SET k v;LPUSH l a;INCR n;CLIENT REPLY ON`},
	{``, `CLIENT REPLY SKIP;GETSET k v;CLIENT REPLY SKIP;EVAL "return redis.call('publish','__keyspace','x')" 0;PING`},
	// with the cache of a client
	{``, `CLIENT TRACKING ON;GET k;SET k v;GET l;LPUSH l a;CLIENT TRACKING OFF`},
}

// TestOwnMessagesStandAsInRedis compares where messages that a client causes itself stand among its replies, with a real redis-server.
func TestOwnMessagesStandAsInRedis(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	theirs, ours := startRedis(t), startServer(t)
	for _, n := range noticed {
		want, got := pipelined(t, theirs, n.before, n.pipeline), pipelined(t, ours, n.before, n.pipeline)
		if want != got {
			t.Errorf("%s; %s\n want %q\n got  %q", n.before, n.pipeline, want, got)
		}
	}
}

// TestOwnMessagesStandInNoReply checks the commands of which Redis writes a message into the midst of the reply, where no client can read it.
func TestOwnMessagesStandInNoReply(t *testing.T) {
	addr := startServer(t)
	message := func(event string) string {
		return fmt.Sprintf(">4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$16\r\n__keyspace@0__:k\r\n$%d\r\n%s\r\n", len(event), event)
	}
	for _, c := range []struct{ before, pipeline, want string }{
		{"ZADD k 1 a 2 b", "ZPOPMIN k 2", message("zpopmin") + "*2\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\nb\r\n,2\r\n" + message("del")},
		{"ZADD k 1 a", "ZMPOP 1 k MAX", message("zpopmax") + "*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$1\r\na\r\n,1\r\n" + message("del")},
		{"XGROUP CREATE k g 0 MKSTREAM;XADD k 1-1 a b", "XREADGROUP GROUP g c STREAMS k >", message("xgroup-createconsumer") + "%1\r\n$1\r\nk\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n"},
	} {
		if got := pipelined(t, addr, c.before, c.pipeline); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s\n got  %q\n want %q", c.pipeline, got, c.want)
		}
	}
}

// pipelined returns what a client of RESP3 that listens to all keys gets for commands that it sends at once.
func pipelined(t *testing.T, addr, before, pipeline string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	talk(t, c, "CONFIG SET notify-keyspace-events KA;FLUSHALL;"+before)
	talk(t, c, "HELLO 3;PSUBSCRIBE __key*")
	got := talk(t, c, pipeline)
	talk(t, c, "RESET") // the server may notice the end of the connection late, and its subscriptions are counted
	return got
}

// talk sends commands at once and returns all that comes back.
func talk(t *testing.T, c net.Conn, commands string) string {
	t.Helper()
	const end = "the end of it"
	var s bytes.Buffer
	for _, line := range append(strings.Split(commands, ";"), "ECHO \""+end+"\"") {
		if line != "" {
			s.WriteString(line + "\r\n")
		}
	}
	if _, err := c.Write(s.Bytes()); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for mark := fmt.Appendf(nil, "$%d\r\n%s\r\n", len(end), end); !bytes.HasSuffix(got, mark); {
		buf := make([]byte, 4096)
		n, err := c.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
		got = append(got, buf[:n]...)
	}
	return string(got)
}
