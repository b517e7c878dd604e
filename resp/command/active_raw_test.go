package command_test

import (
	"testing"
	"time"
)

func TestRawGoesPastHandlers(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v; HSET h f v")
	e.attach(`function onGet(self, ev) return deny("get") end
		function onUpdate(self, ev) return deny("update") end
		function onPut(self, ev) return deny("put") end
		function onDelete(self, ev) return keep() end
		function onExpire(self, ev) return keep(1000) end
		function onMessage(self, ev) return "here" end`, "k", "h", "new", "late")
	e.steps("GET k => -ASODENY get", "SET k w => -ASODENY update", "HGETALL h => -ASODENY get", "DEL k => :0", "SET new v => -ASODENY put",
		"ASO.GET k => -ASODENY get", "ASO.SET k w => -ASODENY update", "ASO.CALL k hello => $4|here")
	e.steps("ASO.RAW ON => +OK", "GET k => $1|v", "SET k w => +OK", "HGETALL h => *2|$1|f|$1|v", "ASO.GET k => $1|w", "ASO.SET k v => +OK",
		"ASO.CALL k hello => $4|here", "MULTI => +OK", "SET new v => +QUEUED", "GET new => +QUEUED", "EXEC => *2|+OK|$1|v", "DEL new => :1",
		"SET late v => +OK", "PEXPIRE late 10 => :1")
	e.advance(20 * time.Millisecond)
	e.steps("GET late => $1|v") // expiry is no command of this connection
	other, reply := e.client()
	e.server.Batch(other, [][][]byte{bytesOf("GET", "k")})
	if got := string(reply.Bytes()); got != "-ASODENY get\r\n" {
		t.Errorf("another client: %q", got)
	}
	e.steps("ASO.RAW maybe => -ERR syntax error", "ASO.RAW OFF => +OK", "GET k => -ASODENY get", "ASO.RAW ON => +OK")
	e.do("RESET")
	e.steps("GET k => -ASODENY get")
}
