package command_test

import (
	"strings"
	"testing"
)

// calling runs the command that a message tells on its object.
const calling = `RIGHTS
function onMessage(self, ev)
  local words = {}
  for word in ev.payload:gmatch("%S+") do words[#words + 1] = word end
  local got = self:call(unpack(words))
  return type(got) == "table" and cjson.encode(got) or got
end`

// TestHandlersCallCommandsWhoseKeyIsElsewhere calls commands with subcommands, numbers of keys and words before their key.
func TestHandlersCallCommandsWhoseKeyIsElsewhere(t *testing.T) {
	e := newEngine(t)
	e.attach(strings.Replace(calling, "RIGHTS", "", 1), "list", "zset", "stream", "encoding", "other")
	e.all("RPUSH list a b kept c; ZADD zset 1 a 2 b; XADD stream 1-1 f v; SET encoding 1")
	for _, step := range []string{
		"list LMPOP LEFT COUNT 2 => $18|[\"list\",[\"a\",\"b\"]]", "list BLMPOP 0 RIGHT => $14|[\"list\",[\"c\"]]", "list EXISTS => :1", "zset ZMPOP MIN => $18|[\"zset\",[[\"a\",1]]]", "zset ZUNION WITHSCORES => $9|[[\"b\",2]]",
		"zset ZINTERCARD LIMIT 5 => :1", "zset OBJECT ENCODING => $8|listpack", "encoding OBJECT ENCODING => $3|int", "encoding OBJECT REFCOUNT => :2147483647", "stream XGROUP CREATE g 0 => $11|{\"ok\":\"OK\"}",
		"stream XREADGROUP GROUP g c COUNT 1 STREAMS > => $30|{\"stream\":[[\"1-1\",[\"f\",\"v\"]]]}", "stream XACK g 1-1 => :1", "stream XGROUP DESTROY g => :1", "stream XREAD STREAMS 0 => $…",
		"list OBJECT NOSUCH => -ASOFAIL…", "list BITOP NOT x => -ASOFAIL…", "zset ZUNIONSTORE 1 list => -ASOFAIL…", "list EVAL return(1) => -ASOFAIL…", "list OBJECT HELP => -ASOFAIL…", "stream XREAD COUNT 1 => -ASOFAIL…",
		"list PFDEBUG ENCODING => -ASOFAIL…", "list MEMORY DOCTOR => -ASOFAIL…", "list CONFIG GET => -ASOFAIL…",
	} {
		key, line, _ := strings.Cut(step, " ")
		line, want, _ := strings.Cut(line, " => ")
		got := e.run("ASO.CALL", key, "m", line)
		if prefix, ok := strings.CutSuffix(want, "…"); ok && strings.HasPrefix(got, prefix) {
			continue
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", step, got, want)
		}
	}
}

// TestInvokersNeedTheRightToSuchCommands asks for rights to commands whose key is not their first argument.
func TestInvokersNeedTheRightToSuchCommands(t *testing.T) {
	e := newEngine(t)
	e.attach(strings.Replace(calling, "RIGHTS", "rights = 'invoker'", 1), "list")
	e.all("ACL SETUSER u on nopass ~list +aso.call +object|encoding; AUTH u x")
	if got := e.run("ASO.CALL", "list", "m", "OBJECT ENCODING"); got != "$-1" {
		t.Error(got)
	}
	for line, missing := range map[string]string{"OBJECT REFCOUNT": "object|refcount", "LMPOP LEFT": "lmpop"} {
		if got := e.run("ASO.CALL", "list", "m", line); !strings.HasSuffix(got, "the user u has no permissions to run the '"+missing+"' command") {
			t.Errorf("%s: %s", line, got)
		}
	}
}
