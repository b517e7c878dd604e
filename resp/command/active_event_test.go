package command_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// tellerOf returns a handler that tells of every event on the channel e.
func tellerOf() string {
	var b strings.Builder
	for _, event := range []string{"Put", "Update", "Get", "Delete", "Expire"} {
		b.WriteString("function on" + event + `(self, ev) self:publish("e", self.key .. " ` + strings.ToLower(event) + "\") end\n")
	}
	return b.String()
}

// TestEventsOfCommands has handlers on the keys a, b and c, and makes one command after another.
func TestEventsOfCommands(t *testing.T) {
	const (
		str    = "SET a v; SET b 5"
		hash   = "HSET a f v g 2; HSET b f w"
		list   = "RPUSH a x y z; RPUSH b p"
		sets   = "SADD a x y z; SADD b x"
		zset   = "ZADD a 1 x 2 y 3 z; ZADD b 1 x"
		one    = "RPUSH a x; SADD b x"
		expiry = "SET a v; EXPIRE a 100; SET b v"
	)
	covered := map[string]bool{}
	for _, c := range []struct{ setup, lines, want string }{
		// strings
		{"", "SET a v", "a put"},
		{str, "SET a v", "a update"},
		{str, "SET a v NX", ""},
		{str, "SET c v XX", ""},
		{str, "SET a w GET", "a get,a update"},
		{str, "SET c w GET", "c put"},
		{str, "SETNX a w", ""},
		{"", "SETNX a w", "a put"},
		{str, "SETEX a 10 w", "a update"},
		{"", "PSETEX a 1000 w", "a put"},
		{str, "GETSET a w", "a get,a update"},
		{str, "GETDEL a", "a get,a delete"},
		{str, "GETDEL c", ""},
		{str, "GETEX a", "a get"},
		{str, "GETEX a EX 10", "a get,a update"},
		{str, "APPEND a w", "a update"},
		{"", "APPEND a w", "a put"},
		{str, "SETRANGE a 1 w", "a update"},
		{str, "SETRANGE c 0 \"\"", "c put"},
		{str, "INCR b", "b get,b update"},
		{"", "INCR b", "b put"},
		{str, "INCR a", ""},
		{str, "DECR b", "b get,b update"},
		{str, "INCRBY b 3", "b get,b update"},
		{str, "DECRBY b 3", "b get,b update"},
		{str, "INCRBYFLOAT b 0.5", "b get,b update"},
		{str, "MSET a 1 c 2 d 3 a 4", "a update,c put"},
		{str, "MSETNX c 1 d 2", "c put"},
		{str, "MSETNX c 1 a 2", ""},
		{str, "GET a", "a get"},
		{str, "GET c", ""},
		{str, "MGET a b c d", "a get,b get"},
		{str, "MGET a a", "a get,a get"},
		{str, "GETRANGE a 0 0", "a get"},
		{str, "SUBSTR a 0 0", "a get"},
		{str, "LCS a b", "a get,b get"},
		{str, "STRLEN a", ""},
		// keys
		{str, "DEL a b c", "a delete,b delete"},
		{str, "DEL a a", "a delete"},
		{str, "UNLINK a", "a delete"},
		{str, "EXISTS a c", ""},
		{str, "TYPE a", ""},
		{str, "TOUCH a", ""},
		{expiry, "TTL a; PTTL a; EXPIRETIME a; PEXPIRETIME a", ""},
		{str, "OBJECT ENCODING a; OBJECT IDLETIME a; OBJECT REFCOUNT a; MEMORY USAGE a", ""},
		{str, "KEYS *; SCAN 0; DBSIZE; RANDOMKEY", ""},
		{str, "EXPIRE a 10", "a update"},
		{str, "PEXPIRE a 10000", "a update"},
		{str, "EXPIREAT a 33333333333", "a update"},
		{str, "PEXPIREAT a 33333333333333", "a update"},
		{expiry, "EXPIRE a 10 GT", ""},
		{str, "EXPIRE a -1", "a expire"},
		{str, "PEXPIRE a -1", "a expire"},
		{str, "EXPIREAT a 1", "a expire"},
		{str, "PEXPIREAT a 1", "a expire"},
		{str, "GETEX a PXAT 1", "a get,a expire"},
		{expiry, "PERSIST a", "a update"},
		{str, "PERSIST a", ""},
		{str, "RENAME a plain", "a delete"},
		{str, "RENAME a b", "a delete,b update"},
		{str, "RENAME a c", "a delete,c put"},
		{str, "RENAME a a", ""},
		{str, "RENAME c a", ""},
		{str, "RENAMENX a b", ""},
		{str, "RENAMENX a c", "a delete,c put"},
		{str + "; SET plain v", "RENAME plain a", "a update"},
		{str, "MOVE a 1", "a delete"},
		{str, "COPY a plain", "a get"},
		{str, "COPY a b", ""},
		{str, "COPY a b REPLACE", "a get,b update"},
		{str, "COPY a c", "a get,c put"},
		{str, "COPY a plain DB 1", "a get"},
		{str, "FLUSHDB", ""},
		{str, "FLUSHALL", ""},
		{str, "SWAPDB 0 1", ""},
		// hashes
		{"", "HSET a f v", "a put"},
		{hash, "HSET a f w", "a update"},
		{hash, "HMSET a f w", "a update"},
		{hash, "HSETNX a f w", ""},
		{hash, "HSETNX a n w", "a update"},
		{hash, "HDEL a f", "a update"},
		{hash, "HDEL a none", ""},
		{hash, "HDEL b f", "b delete"},
		{hash, "HINCRBY a g 1", "a get,a update"},
		{hash, "HINCRBYFLOAT a g 1.5", "a get,a update"},
		{hash, "HGET a f", "a get"},
		{hash, "HMGET a f", "a get"},
		{hash, "HGETALL a", "a get"},
		{hash, "HKEYS a", "a get"},
		{hash, "HVALS a", "a get"},
		{hash, "HEXISTS a f", "a get"},
		{hash, "HRANDFIELD a", "a get"},
		{hash, "HSCAN a 0", "a get"},
		{hash, "HLEN a; HSTRLEN a f", ""},
		{hash, "GET a", ""},
		// lists
		{"", "RPUSH a v", "a put"},
		{list, "RPUSH a v", "a update"},
		{list, "LPUSH a v w", "a update"},
		{list, "LPUSHX c v", ""},
		{list, "RPUSHX a v", "a update"},
		{list, "LPUSHX a v", "a update"},
		{list, "LSET a 0 v", "a update"},
		{list, "LINSERT a BEFORE y v", "a update"},
		{list, "LINSERT a BEFORE none v", ""},
		{list, "LREM a 0 y", "a update"},
		{list, "LREM a 0 none", ""},
		{list, "LREM b 0 p", "b delete"},
		{list, "LTRIM a 0 1", "a update"},
		{list, "LTRIM a 0 -1", ""},
		{list, "LTRIM a 5 9", "a delete"},
		{list, "LPOP a", "a get,a update"},
		{list, "RPOP a 2", "a get,a update"},
		{list, "LPOP b", "b get,b delete"},
		{list, "LMPOP 3 c a b LEFT", "a get,a update"},
		{list, "BLMPOP 0 2 c b LEFT", "b get,b delete"},
		{list, "BLPOP c a b 0", "a get,a update"},
		{list, "BRPOP b 0", "b get,b delete"},
		{list, "LMOVE a b LEFT RIGHT", "a get,a update,b update"},
		{list, "LMOVE b c LEFT RIGHT", "b get,b delete,c put"},
		{list, "LMOVE a a LEFT RIGHT", "a get,a update"},
		{list, "LMOVE b b LEFT RIGHT", "b get,b update"},
		{list, "LMOVE c a LEFT RIGHT", ""},
		{list, "BLMOVE a plain LEFT RIGHT 0", "a get,a update"},
		{list, "RPOPLPUSH a b", "a get,a update,b update"},
		{list, "BRPOPLPUSH a b 0", "a get,a update,b update"},
		{list, "LRANGE a 0 -1", "a get"},
		{list, "LINDEX a 0", "a get"},
		{list, "LPOS a x", "a get"},
		{list, "LLEN a", ""},
		// sets
		{"", "SADD a x", "a put"},
		{sets, "SADD a w", "a update"},
		{sets, "SADD a x", ""},
		{sets, "SREM a x", "a update"},
		{sets, "SREM a none", ""},
		{sets, "SREM b x", "b delete"},
		{sets, "SPOP a", "a get,a update"},
		{sets, "SPOP b", "b get,b delete"},
		{sets, "SMOVE a b y", "a get,a update,b update"},
		{sets, "SMOVE a b x", "a get,a update"},
		{sets, "SMOVE b c x", "b get,b delete,c put"},
		{sets, "SINTERSTORE c a b", "c put,a get,b get"},
		{sets, "SUNIONSTORE a a b", "a get,b get,a update"},
		{sets, "SDIFFSTORE a b b", "b get,a delete"},
		{sets, "SDIFFSTORE plain a b", "a get,b get"},
		{sets, "SINTER a b", "a get,b get"},
		{sets, "SUNION a b", "a get,b get"},
		{sets, "SDIFF a b", "a get,b get"},
		{sets, "SINTERCARD 2 a b", "a get,b get"},
		{sets, "SMEMBERS a", "a get"},
		{sets, "SISMEMBER a x", "a get"},
		{sets, "SMISMEMBER a x", "a get"},
		{sets, "SRANDMEMBER a", "a get"},
		{sets, "SSCAN a 0", "a get"},
		{sets, "SCARD a", ""},
		// sorted sets
		{"", "ZADD a 1 x", "a put"},
		{zset, "ZADD a 9 x", "a update"},
		{zset, "ZADD a 1 x", ""},
		{zset, "ZADD a NX 9 x", ""},
		{zset, "ZADD a GT 0 x", ""},
		{zset, "ZINCRBY a 1 x", "a get,a update"},
		{zset, "ZREM a x", "a update"},
		{zset, "ZREM a none", ""},
		{zset, "ZREM b x", "b delete"},
		{zset, "ZPOPMIN a", "a get,a update"},
		{zset, "ZPOPMAX b", "b get,b delete"},
		{zset, "BZPOPMIN c a 0", "a get,a update"},
		{zset, "BZPOPMAX b 0", "b get,b delete"},
		{zset, "ZMPOP 2 c a MIN", "a get,a update"},
		{zset, "BZMPOP 0 2 c a MAX", "a get,a update"},
		{zset, "ZREMRANGEBYRANK a 0 0", "a update"},
		{zset, "ZREMRANGEBYRANK a 5 9", ""},
		{zset, "ZREMRANGEBYSCORE a 0 1", "a update"},
		{zset, "ZREMRANGEBYLEX b - +", "b delete"},
		{zset, "ZUNIONSTORE c 2 a b", "c put,a get,b get"},
		{zset, "ZINTERSTORE b 2 a b", "a get,b get,b update"},
		{zset, "ZDIFFSTORE b 2 b a", "a get,b get,b delete"},
		{zset, "ZRANGESTORE c a 0 -1", "c put,a get"},
		{zset, "ZUNION 2 a b", "a get,b get"},
		{zset, "ZINTER 2 a b", "a get,b get"},
		{zset, "ZDIFF 2 a b", "a get,b get"},
		{zset, "ZINTERCARD 2 a b", "a get,b get"},
		{zset, "ZRANGE a 0 -1", "a get"},
		{zset, "ZRANGEBYSCORE a 0 9", "a get"},
		{zset, "ZRANGEBYLEX a - +", "a get"},
		{zset, "ZREVRANGE a 0 -1", "a get"},
		{zset, "ZREVRANGEBYSCORE a 9 0", "a get"},
		{zset, "ZREVRANGEBYLEX a + -", "a get"},
		{zset, "ZSCORE a x", "a get"},
		{zset, "ZMSCORE a x", "a get"},
		{zset, "ZRANK a x", "a get"},
		{zset, "ZREVRANK a x", "a get"},
		{zset, "ZCOUNT a 0 9", "a get"},
		{zset, "ZLEXCOUNT a - +", "a get"},
		{zset, "ZRANDMEMBER a", "a get"},
		{zset, "ZSCAN a 0", "a get"},
		{zset, "ZCARD a", ""},
		// wrong types change and show nothing
		{one, "SADD a y", ""},
		{one, "SMOVE b a x", ""},
		{one, "SUNION a b", ""},
	} {
		e := newEngine(t)
		e.all(c.setup)
		e.attach(tellerOf(), "a", "b", "c")
		before := e.image()
		for line := range strings.SplitSeq(c.lines, "; ") {
			covered[strings.ToLower(strings.Fields(line)[0])] = true
			e.do(strings.ReplaceAll(line, `""`, "x"))
		}
		var got []string
		for _, h := range e.heard {
			got = append(got, strings.TrimPrefix(h, "e "))
		}
		want := strings.FieldsFunc(c.want, func(r rune) bool { return r == ',' })
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s; %s\n got %q\nwant %q", c.setup, c.lines, got, want)
		}
		if c.want == "" && !strings.HasPrefix(c.lines, "FLUSH") && !strings.HasPrefix(c.lines, "SWAPDB") {
			if d := before.diff(e.image()); d != "" {
				t.Errorf("%s; %s: %s", c.setup, c.lines, d)
			}
		}
		if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
			t.Errorf("%s; %s: replayed: %s", c.setup, c.lines, d)
		}
	}
	checkCoverage(t, covered)
}

// checkCoverage fails for commands on keys that the server has and the test does not use.
func checkCoverage(t *testing.T, covered map[string]bool) {
	text, err := os.ReadFile("docs/commands.json")
	if err != nil {
		t.Fatal(err)
	}
	var specs []struct {
		Name  string            `json:"name"`
		Flags []string          `json:"flags"`
		Keys  []json.RawMessage `json:"key_specs"`
	}
	if err := json.Unmarshal(text, &specs); err != nil {
		t.Fatal(err)
	}
	e := newEngine(t)
	for _, spec := range specs {
		onData := slices.Contains(spec.Flags, "write") || slices.Contains(spec.Flags, "readonly")
		if onData && len(spec.Keys) > 0 && !covered[spec.Name] && !strings.HasPrefix(e.run(spec.Name), "-ERR unknown") {
			t.Errorf("%s: no test says which events it has", spec.Name)
		}
	}
}
