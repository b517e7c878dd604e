package command_test

import (
	"strings"
	"testing"
	"time"
)

const greedy = `function onMessage(self, ev)
  local n = tonumber(ev.payload)
  for i = 1, n do
    if ev.message == "timers" then self:timer("t" .. i, { in_ms = 1e6 }) end
    if ev.message == "publish" then self:publish("c", i) end
    if ev.message == "send" then self:send("other" .. i, "m") end
  end
  if ev.message == "chain" and n > 0 then self:send(self.key, "chain", n - 1) end
  if ev.message == "chain" and n == 0 then self:publish("end", self.key) end
end`

// TestLimitsOfObjectsAreConfigured also checks that a source may lower them, and not raise them.
func TestLimitsOfObjectsAreConfigured(t *testing.T) {
	e := newEngine(t)
	e.attach(greedy, "k")
	e.attach("limits = { timers = 2, messages = 100, hops = 1 }"+greedy, "low")
	e.steps("ASO.CALL k timers 64 => $-1", "ASO.CALL k timers 65 => -ASOLIMIT timers 64 an object, by h…", "ASO.TIMER SET k more IN 5 => -ASOLIMIT timers 64 an object",
		"ASO.CALL k publish 16 => $-1", "ASO.CALL k publish 17 => -ASOLIMIT messages 16 a run, by h…", "ASO.CALL k send 17 => -ASOLIMIT messages 16 a run, by h…",
		"ASO.CALL low timers 3 => -ASOLIMIT timers 2 an object, by h…", "ASO.CALL low timers 2 => $-1", "ASO.TIMER SET low more IN 5 => :1", "ASO.CALL low publish 17 => -ASOLIMIT messages 16 a run, by h…",
		"CONFIG SET aso-max-timers 1 aso-max-messages 2 aso-max-hops 3 aso-max-handlers 1 => +OK",
		"ASO.TIMER SET k2 a IN 5 => :1", "ASO.TIMER SET k2 b IN 5 => -ASOLIMIT timers 1 an object", "ASO.TIMER SET k2 a IN 6 => :0", "ASO.CALL k publish 3 => -ASOLIMIT messages 2 a run, by h…",
		"ASO.ATTACH k h2 => -ASOQUOTA 1 handlers an object", "ASO.ATTACH new h2 => :1")
	if got := e.do("ASO.CALL k send 3"); !strings.HasPrefix(got, "-ASOLIMIT messages 2 a run, by h1@") {
		t.Error(got)
	}
	e.heard = nil
	for key, longest := range map[string]int{"k": 3, "low": 1} {
		for n := longest - 1; n <= longest+1; n++ {
			e.heard = nil
			e.run("ASO.SEND", key, "chain", string(rune('0'+n)))
			for range 5 {
				e.advance(0)
			}
			if arrived := strings.Join(e.heard, ";") == "end "+key; arrived != (n < longest) {
				t.Errorf("%s: a chain of %d messages behind the first arrived: %t", key, n, arrived)
			}
		}
	}
	e.advance(time.Second)
}
