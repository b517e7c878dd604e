package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comet/aso"
	"comet/aso/sandbox"
)

func TestStatsCountRunsByEventAndEnd(t *testing.T) {
	e := newEngine(t)
	e.all("SET k 1")
	e.attach(`function onUpdate(self, ev)
  if ev.new == "deny" then return deny("no") end
  if ev.new == "fail" then error("broken") end
  if ev.new == "loop" then while true do end end
  self.state.n = (self.state.n or 0) + 1
end
function onTimer(self, ev) end`, "k")
	for _, v := range []string{"1", "2", "deny", "fail", "fail", "loop"} {
		e.do("SET k " + v)
	}
	e.all("ASO.TIMER SET k t IN 100")
	e.advance(350 * time.Millisecond)
	code, err := e.ks.Code("h1")
	if err != nil {
		t.Fatal(err)
	}
	s := code.Stats(sandbox.OnUpdate)
	if got := fmt.Sprint(s.Runs.Load(), s.Denied.Load(), s.Failed.Load(), s.Limited.Load(), s.Quota.Load()); got != "6 1 2 1 0" {
		t.Error(got)
	}
	if s.FuelMax.Load() < 100_000 || s.Fuel.Load() < s.FuelMax.Load() || s.FuelSize.Quantile(0.5) >= 1024 || s.FuelSize.Quantile(1) < 100_000 || s.Micros.Quantile(1) == 0 {
		t.Error(s.Fuel.Load(), s.FuelMax.Load(), s.FuelSize.Quantile(0.5), s.FuelSize.Quantile(1), s.Micros.Quantile(1))
	}
	if late := code.Stats(sandbox.OnTimer).Lateness.Quantile(1); late < 250 || late > 511 {
		t.Error(late)
	}
	e.steps("ASO.STATS h1 => *2|*30|$7|handler|…", "ASO.STATS none => -ASONOHANDLER…", "ASO.TOP FUEL => *1|*16|$2|db|:0|$3|key|$1|k|$4|runs|:7|$6|errors|:3|…", "ASO.TOP STATE COUNT 1 => *1|…",
		"ASO.TOP LATE => *1|…", "ASO.TOP nothing => -ERR the order is…", "ASO.SLOWLOG LEN => :1", "ASO.SLOWLOG GET 5 => *1|*20|$3|key|$1|k|…")
	if shown := e.do("ASO.SHOW k"); !strings.Contains(shown, "|$7|late_ms|:250|$5|state|") || !strings.Contains(shown, "|$4|text|$48|ASOLIMIT ") {
		t.Error(shown)
	}
	info := e.do("INFO aso")
	for _, line := range []string{"aso_runs:7|", "aso_runs_denied:1|", "aso_runs_failed:2|", "aso_runs_limited:1|", "aso_slowlog_len:1|"} {
		if !strings.Contains(info, line) {
			t.Errorf("%s is missing in %s", line, info)
		}
	}
	e.steps("ASO.STATS RESET => +OK", "ASO.STATS => *0", "ASO.TOP FUEL => *0", "ASO.SLOWLOG RESET => +OK", "ASO.SLOWLOG LEN => :0")
}

// TestTopRemembersWhatCostsMost runs the handlers of a few busy objects among many, more than are remembered.
func TestTopRemembersWhatCostsMost(t *testing.T) {
	e := newEngine(t)
	name := e.load(`function onMessage(self, ev) for i = 1, tonumber(ev.message) do end end`)
	e.all("ASO.RULE SET r * " + name)
	for i := range 400 {
		e.do(fmt.Sprintf("ASO.CALL {tag}%d 1", i))
		e.do(fmt.Sprintf("ASO.CALL {tag}busy%d 300", i%4))
	}
	tx := e.ks.BeginAll()
	top := tx.TopObjects(func(s *aso.ObjectStats) int64 { return s.Fuel }, 4)
	tx.Commit()
	for _, s := range top {
		if !strings.HasPrefix(s.Key, "{tag}busy") || s.Runs != 100 {
			t.Errorf("%+v", s)
		}
	}
	if len(top) != 4 {
		t.Error(len(top))
	}
}

func TestSlowlogByTime(t *testing.T) {
	e := newEngine(t)
	e.all("SET k 1; CONFIG SET aso-slowlog-slower-than 0 aso-slowlog-fuel -1 aso-slowlog-max-len 2")
	e.attach(`function onUpdate(self, ev) end`, "k")
	e.all("SET k 2; SET k 3; SET k 4")
	e.steps("ASO.SLOWLOG LEN => :2", "CONFIG SET aso-slowlog-slower-than -1 => +OK", "ASO.SLOWLOG RESET => +OK", "SET k 5 => +OK", "ASO.SLOWLOG GET => *0")
}
