package command_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// benchHandler returns an engine with a handler on keys.
func benchHandler(b *testing.B, body string, keys ...string) *engine {
	e := newEngine(b)
	e.ks.SetPublisher(nil)
	e.all("SET " + keys[0] + " v")
	e.attach(body, keys...)
	return e
}

// BenchmarkPlainBesideActive measures commands on plain keys, with and without active objects elsewhere in the store.
func BenchmarkPlainBesideActive(b *testing.B) {
	const plain = 100_000
	for _, active := range []int{0, 1_000_000} {
		ses, s := benchSession(b)
		for n := range plain {
			runBatch(b, s, ses, [][][]byte{bytesOf("SET", key(n), "value")})
		}
		runBatch(b, s, ses, [][][]byte{bytesOf("ASO.LOAD", "#!lua name=h\nfunction onGet(self, ev) end")})
		for n := range active {
			runBatch(b, s, ses, [][][]byte{bytesOf("ASO.ATTACH", fmt.Sprint("active:", n), "h")})
		}
		for _, line := range []string{"GET", "SET", "MGET"} {
			var cmds [1024][][][]byte
			for i := range cmds {
				words := []string{line, key(rand.IntN(plain))}
				if line != "GET" {
					words = append(words, "value")
				}
				cmds[i] = [][][]byte{bytesOf(words...)}
			}
			b.Run(fmt.Sprintf("%s/active=%d", line, active), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					runBatch(b, s, ses, cmds[i%len(cmds)])
				}
			})
		}
	}
}

// BenchmarkHandlers measures commands on an object with a handler.
func BenchmarkHandlers(b *testing.B) {
	for _, c := range []struct{ name, body, line string }{
		{"onGet empty", `function onGet(self, ev) end`, "GET k"},
		{"onGet ten instructions", `function onGet(self, ev) local a = 1 for i = 1, 2 do a = a + i end if a > 100 then return deny("x") end end`, "GET k"},
		{"onGet counts in its state", `function onGet(self, ev) self.state.n = (self.state.n or 0) + 1 end`, "GET k"},
		{"onGet replaces", `function onGet(self, ev) return "made" end`, "GET k"},
		{"onUpdate empty", `function onUpdate(self, ev) end`, "SET k value"},
		{"onUpdate looks at both values", `function onUpdate(self, ev) if ev.old == ev.new .. "x" then return deny("same") end end`, "SET k value"},
		{"onGet counts a window", `function onGet(self, ev)
  local s, w = self.state, math.floor(ev.now / 1000)
  if s.w ~= w then
    s.prev = (s.w == w - 1) and s.cur or 0
    s.w, s.cur = w, 0
  end
  if s.prev * (1 - ev.now % 1000 / 1000) + s.cur >= 1e9 then return deny("slow down") end
  s.cur = s.cur + 1
end`, "GET k"},
		{"onUpdate checks five fields", `function onUpdate(self, ev)
  for i = 3, #ev.args, 2 do
    if not tonumber(ev.args[i]) then return deny("not a number") end
  end
  self:call("HSET", "updated", ev.now)
end`, "HSET h f1 1 f2 22 f3 333 f4 4444 f5 55555"},
		{"onMessage", `function onMessage(self, ev) return ev.message end`, "ASO.CALL k hello"},
		{"onMessage self:call", `function onMessage(self, ev) return self:call("INCR") end`, "ASO.CALL n hello"},
	} {
		b.Run(c.name, func(b *testing.B) {
			e := benchHandler(b, c.body, "k", "n", "h")
			cmds := [][][]byte{bytesOf(strings.Fields(c.line)...)}
			b.ReportAllocs()
			for b.Loop() {
				e.units = e.units[:0]
				runBatch(b, e.server, e.ses, cmds)
			}
		})
	}
}

// BenchmarkPipelineOfReads measures 64 GETs that come in one pipeline, of a key without a handler and of keys with one.
func BenchmarkPipelineOfReads(b *testing.B) {
	for _, c := range []struct{ name, body string }{
		{"no handler", ""},
		{"empty", `function onGet(self, ev) end`},
		{"looks at the value", `function onGet(self, ev) if #self.value > 100 then return deny("too long") end end`},
	} {
		b.Run(c.name, func(b *testing.B) {
			e := newEngine(b)
			e.all("SET k value")
			if c.body != "" {
				e = benchHandler(b, c.body, "k")
			}
			cmds := slices.Repeat([][][]byte{bytesOf("GET", "k")}, 64)
			for b.Loop() {
				e.units = e.units[:0]
				runBatch(b, e.server, e.ses, cmds)
			}
		})
	}
}

// BenchmarkTimers measures firings of timers that repeat, each on an object of its own.
func BenchmarkTimers(b *testing.B) {
	const objects = 10_000
	for _, c := range []struct{ name, body string }{
		{"no handler", ""},
		{"empty", `function onTimer(self, ev) end`},
		{"counts in its state", `function onTimer(self, ev) self.state.n = (self.state.n or 0) + 1 end`},
		{"self:call", `function onTimer(self, ev) self:call("INCR") end`},
	} {
		b.Run(c.name, func(b *testing.B) {
			e := newEngine(b)
			if c.body != "" {
				e.load(c.body)
			}
			for n := range objects {
				if c.body != "" {
					e.all(fmt.Sprintf("ASO.ATTACH t%d h1", n))
				}
				e.all(fmt.Sprintf("ASO.TIMER SET t%d t EVERY 1000", n))
			}
			b.ReportAllocs()
			for fired := 0; b.Loop(); fired-- {
				if fired > 0 {
					continue
				}
				b.StopTimer()
				e.units = e.units[:0]
				b.StartTimer()
				e.advance(1000 * time.Millisecond)
				fired = objects
			}
		})
	}
}
