package command_test

import "testing"

func TestFieldsThatACommandNames(t *testing.T) {
	const teller = `local function tell(self, ev) self:publish("e", ev.fields and table.concat(ev.fields, "+") or "whole") end
		function onGet(self, ev) tell(self, ev) end
		function onPut(self, ev) tell(self, ev) end
		function onUpdate(self, ev) tell(self, ev) end
		function onDelete(self, ev) tell(self, ev) end`
	for _, c := range []struct{ setup, line, want string }{
		{"", "SET a v", "whole"},
		{"HSET a f v g w", "HSET a f 1 n 2", "f+n"},
		{"HSET a f v g w", "HMSET a f 1 n 2", "f+n"},
		{"HSET a f v g w", "HSETNX a n 1", "n"},
		{"HSET a f v g w", "HGET a f", "f"},
		{"HSET a f v g w", "HMGET a f g none", "f+g+none"},
		{"HSET a f v g w", "HGETALL a", "whole"},
		{"HSET a f v g w", "HDEL a f none", "f+none"},
		{"HSET a f v g w", "HEXISTS a f", "f"},
		{"HSET a f v g w", "HSCAN a 0 MATCH x", "whole"},
		{"HSET a f 1", "HDEL a f", "f"},
		{"SADD a x y", "SADD a z x", "z+x"},
		{"SADD a x y", "SREM a y", "y"},
		{"SADD a x y", "SMOVE a b y", "y"},
		{"SADD a x y", "SMISMEMBER a y q", "y+q"},
		{"SADD a x y", "SRANDMEMBER a 1", "whole"},
		{"", "ZADD a XX 1 x", ""},
		{"", "ZADD a 1 x 2 y", "x+y"},
		{"ZADD a 1 x 2 y", "ZADD a GT CH 3 x 4 z", "x+z"},
		{"ZADD a 1 x 2 y", "ZREM a x q", "x+q"},
		{"ZADD a 1 x 2 y", "ZSCORE a x", "x"},
		{"ZADD a 1 x 2 y", "ZRANGE a 0 -1 WITHSCORES", "whole"},
		{"RPUSH a x y", "LREM a 0 x", "whole"},
	} {
		e := newEngine(t)
		e.all(c.setup)
		e.attach(teller, "a")
		e.do(c.line)
		got := ""
		if len(e.heard) > 0 {
			got = e.heard[0][len("e "):]
		}
		if got != c.want {
			t.Errorf("%s; %s: ev.fields is %q, want %q", c.setup, c.line, got, c.want)
		}
	}
}
