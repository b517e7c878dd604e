package command_test

import (
	"strings"
	"testing"
)

func TestBlockedReadersAreServedThroughHandlers(t *testing.T) {
	const (
		read    = "XREAD BLOCK 0 STREAMS s $"
		readAll = "XREAD BLOCK 0 STREAMS other s $ $"
		group   = "XREADGROUP GROUP g c BLOCK 0 STREAMS s >"
		entry   = "*1|*2|$1|s|*1|*2|$3|1-0|*2|$1|f|$1|v"
	)
	for _, c := range []struct{ body, read, change, want, after string }{
		{`function onGet(self, ev) self:publish("e", ev.cmd) end`, read, "XADD s 1 f v", entry, "XLEN s => :1"},
		{`function onGet(self, ev) return "instead" end`, read, "XADD s 1 f v", "$7|instead", "XLEN s => :1"},
		{`function onGet(self, ev) return deny("not yours") end`, readAll, "XADD s 1 f v", "-ASODENY not yours", "XLEN s => :1"},
		{`function onGet(self, ev) return missing() end`, read, "XADD s 1 f v", "", "XLEN s => :1"},
		{`function onUpdate(self, ev) return deny("closed") end`, read, "XADD s 1 f v", "", "XLEN s => :0"},
		{`function onUpdate(self, ev) if ev.cmd == "xadd" then return { { "5-5", { "g", "w" } } } end end`, read, "XADD s 1 f v", "*1|*2|$1|s|*1|*2|$3|5-5|*2|$1|g|$1|w", "XLEN s => :1"},
		{`function onUpdate(self, ev) self:publish("e", ev.cmd) end`, group, "XADD s 1 f v", entry, "XPENDING s g => *4|:1|$3|1-0…"},
		{`function onUpdate(self, ev) if ev.cmd == "xreadgroup" then return deny("no") end end`, group, "XADD s 1 f v", "-ASODENY no", "XPENDING s g => *4|:0…"},
		{`function onUpdate(self, ev) if ev.cmd == "xreadgroup" then return keep() end end`, group, "XADD s 1 f v", entry, "XPENDING s g => *4|:0…"},
		{`function onGet(self, ev) return missing() end`, group, "XADD s 1 f v", "-UNBLOCKED the stream key no longer exists", "XPENDING s g => -NOGROUP…"},
		{`function onDelete(self, ev) return keep() end`, group, "DEL s", "", "XLEN s => :0"},
		{`function onDelete(self, ev) end`, group, "DEL s", "-UNBLOCKED the stream key no longer exists", "EXISTS s => :0"},
		{`function onUpdate(self, ev) return deny("no") end`, group, "XGROUP DESTROY s g", "", "XPENDING s g => *4|:0…"},
		{`function onUpdate(self, ev) end`, group, "XGROUP DESTROY s g", "-NOGROUP the consumer group this client was blocked on no longer exists", "XINFO GROUPS s => *0"},
		{`function onUpdate(self, ev) end`, group, "SET s v", "-UNBLOCKED the stream key no longer exists", "GET s => $1|v"},
	} {
		e := newEngine(t)
		e.all("XGROUP CREATE s g $ MKSTREAM; XADD other 7 f v")
		e.attach(c.body, "s", "other")
		conn := &parkedConn{parked: make(chan struct{}), done: make(chan string, 1)}
		ses := e.server.NewSession(conn, &conn.reply)
		go func() {
			e.server.Batch(ses, [][][]byte{bytesOf(strings.Fields(c.read)...)})
			conn.done <- strings.TrimSuffix(strings.ReplaceAll(string(conn.reply.Bytes()), "\r\n", "|"), "|")
		}()
		<-conn.parked
		if len(e.heard) > 0 {
			t.Errorf("%s: heard %q of a read that waits", c.body, e.heard)
		}
		e.do(c.change)
		conn.give(c.want != "")
		if got := <-conn.done; got != c.want && (c.want != "" || got != "*-1") {
			t.Errorf("%s\n%s: got %s, want %s", c.body, c.change, got, c.want)
		}
		e.steps(c.after)
	}
}

func TestHandlersSeeEntries(t *testing.T) {
	e := newEngine(t)
	e.all("XADD s 1 f v; XADD s 2 n 12 m -1")
	e.attach(`local function show(v)
  if v == nil then return "nil" end
  local list = {}
  for i, entry in ipairs(v) do list[i] = entry[1] .. "=" .. table.concat(entry[2], ",") end
  return table.concat(list, " ")
end
function onUpdate(self, ev) self.state.last = show(ev.old) .. " | " .. show(ev.new) .. " | " .. self.type end
function onMessage(self, ev)
  if ev.message == "add" then return self:call("XADD", "*", "from", "handler") end
  if ev.message == "value" then return show(self.value) end
  return self.state.last
end`, "s")
	e.steps("XADD s 3 a b => $3|3-0", "ASO.CALL s last => $"+lengthOf("1-0=f,v 2-0=n,12,m,-1 | 1-0=f,v 2-0=n,12,m,-1 3-0=a,b | stream"),
		"XDEL s 1 3 => :2", "ASO.CALL s value => $"+lengthOf("2-0=n,12,m,-1"), "ASO.GET s => *1|*2|$3|2-0|*4|$1|n|$2|12|$1|m|$2|-1", "ASO.CALL s add => $…", "XLEN s => :2",
		"XTRIM s MAXLEN 0 => :2", "ASO.CALL s value => $0|")
}
