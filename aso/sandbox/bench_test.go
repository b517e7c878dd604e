package sandbox

import (
	"testing"
)

// quietHost answers without allocating.
type quietHost struct{}

func (quietHost) Event(field string) (Value, bool) {
	switch field {
	case "user":
		return StringValue("bob"), true
	case "now":
		return NumberValue(1), true
	}
	return Value{}, false
}

func (quietHost) Words(string) ([][]byte, bool) { return nil, false }

func (quietHost) Self(string) (Value, bool) { return Value{}, false }

func (quietHost) Call(string, []Value) (Value, error) { return NumberValue(1), nil }

func benchRun(b *testing.B, body string, r Run) {
	r.Program, r.Handler, r.Host = mustCompile(b, body), OnMessage, quietHost{}
	pool := NewPool(1)
	out, err := pool.Run(&r)
	if err != nil {
		b.Fatal(err)
	}
	fuel := out.Fuel
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pool.Run(&r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(fuel), "instr/op")
}

func BenchmarkEmptyHandler(b *testing.B) { benchRun(b, ``, Run{}) }

func BenchmarkTenInstructions(b *testing.B) {
	benchRun(b, `local a = self.params if a then local n = 1 + 2 if n > 5 then return deny("x") end end`, Run{})
}

func BenchmarkReadEvent(b *testing.B) {
	benchRun(b, `if ev.user ~= "bob" then return deny("only bob") end`, Run{})
}

func BenchmarkDeny(b *testing.B) { benchRun(b, `return deny("a secret is written once")`, Run{}) }

func BenchmarkStateCounter(b *testing.B) {
	state, err := EncodeState(Value{Kind: Table, Tab: &Tab{Fields: []Field{{StringValue("left"), NumberValue(1000)}}}}, 1<<16)
	if err != nil {
		b.Fatal(err)
	}
	benchRun(b, `self.state.left = self.state.left - 1 if self.state.left <= 0 then self:delete() end`,
		Run{State: state, StateBuf: make([]byte, 0, 256)})
}

func BenchmarkSelfCall(b *testing.B) {
	benchRun(b, `self:call("HINCRBY", "f", 1)`, Run{})
}

func BenchmarkConcat(b *testing.B) {
	benchRun(b, `local s = "read by " .. ev.user .. " at " .. ev.now`, Run{})
}

func BenchmarkLoop1000(b *testing.B) {
	benchRun(b, `local n = 0 for i = 1, 1000 do n = n + i end return n`, Run{})
}

func BenchmarkCaughtError(b *testing.B) { benchRun(b, `pcall(error, "x")`, Run{}) }

func BenchmarkCompile(b *testing.B) {
	src := handlerSource(`self.state.left = self.state.left - 1 if self.state.left <= 0 then self:delete() end`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(src, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
