package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		body string
		want Outcome
	}{
		{``, Outcome{}},
		{`return nil`, Outcome{}},
		{`return deny("no")`, Outcome{Verdict: Deny, Text: "no"}},
		{`return deny()`, Outcome{Verdict: Deny}},
		{`return deny("a\r\nMOVED 1")`, Outcome{Verdict: Deny, Text: "a  MOVED 1"}},
		{`return deny(("x"):rep(600))`, Outcome{Verdict: Deny, Text: strings.Repeat("x", 512)}},
		{`return keep()`, Outcome{Verdict: Keep}},
		{`return keep(1500)`, Outcome{Verdict: Keep, KeepMS: 1500}},
		{`return keep(math.huge)`, Outcome{Verdict: Keep, KeepMS: 1 << 53}},
		{`return wait(1e18)`, Outcome{Verdict: Wait, KeepMS: 1 << 53}},
		{`return missing()`, Outcome{Verdict: Missing}},
		{`return 1.5`, Outcome{Verdict: Replace, Value: NumberValue(1.5)}},
		{`return false`, Outcome{Verdict: Replace, Value: BoolValue(false)}},
		{`return "x", "y"`, Outcome{Verdict: Replace, Value: StringValue("x")}},
		{`return { ok = "FINE" }`, Outcome{Verdict: Replace, Value: StatusValue("FINE")}},
		{`return { err = "BAD x" }`, Outcome{Verdict: Replace, Value: Value{Kind: Err, Str: "BAD x"}}},
		{`return { double = 1.25 }`, Outcome{Verdict: Replace, Value: Value{Kind: Double, Num: 1.25}}},
		{`return cjson.null`, Outcome{Verdict: Replace}},
	} {
		out, err := runBody(t, c.body, Run{})
		out.Fuel, out.Peak = 0, 0
		if err != nil || fmt.Sprint(*out) != fmt.Sprint(c.want) {
			t.Errorf("%s: got %+v %v, want %+v", c.body, out, err, c.want)
		}
	}
}

func TestTablesCrossTheBorder(t *testing.T) {
	out, err := runBody(t, `return { 1, "two", { 3, nil, 5 }, x = true, [10] = { map = { a = 1 } }, s = { set = { m = true } } }`, Run{})
	if err != nil {
		t.Fatal(err)
	}
	tab := out.Value.Tab
	if len(tab.Array) != 3 || tab.Array[1].Str != "two" || len(tab.Array[2].Tab.Array) != 1 || len(tab.Fields) != 3 {
		t.Errorf("array %+v, fields %+v", tab.Array, tab.Fields)
	}
	if v := out.Value.Get("x"); v.Kind != Bool || !v.True() {
		t.Errorf("x is %+v", v)
	}
	if v := out.Value.Get("s"); v.Kind != SetReply || v.Tab.Fields[0].Key.Str != "m" {
		t.Errorf("s is %+v", v)
	}
	host := &testHost{event: map[string]Value{
		"args": ArrayValue(StringValue("a"), NumberValue(2), Value{}, BoolValue(true)),
		"map":  {Kind: MapReply, Tab: &Tab{Fields: []Field{{StringValue("k"), NumberValue(1)}}}},
		"st":   StatusValue("OK"), "err": {Kind: Err, Str: "E"}, "dbl": {Kind: Double, Num: 2.5},
	}}
	out, err = runBody(t, `return table.concat({ #ev.args, ev.args[1], ev.args[2], tostring(ev.args[3]), ev.map.map.k, ev.st.ok, ev.err.err, ev.dbl.double, tostring(ev.none) }, " ")`, Run{Host: host})
	if err != nil || out.Value.Str != "4 a 2 false 1 OK E 2.5 nil" {
		t.Errorf("%q %v", out.Value.Str, err)
	}
}

func TestHostErrorsAreLuaErrorsAndLimitsAreNot(t *testing.T) {
	host := &testHost{fail: errors.New("WRONGTYPE no\r\nsuch luck")}
	out, err := runBody(t, `local ok, e = pcall(self.call, self, "HGET") return tostring(ok) .. e`, Run{Host: host})
	if err != nil || !strings.HasSuffix(out.Value.Str, "WRONGTYPE no  such luck") || !strings.HasPrefix(out.Value.Str, "false") {
		t.Errorf("%q %v", out.Value.Str, err)
	}
	_, err = runBody(t, "\nself:call('HGET')", Run{Host: host})
	var script *ScriptError
	if !errors.As(err, &script) || script.Line != 4 || script.Msg != "WRONGTYPE no  such luck" || script.Name != "snippet" {
		t.Errorf("%+v", err)
	}
	host.fail = fmt.Errorf("send: %w", &LimitError{"messages", "16 a run"})
	_, err = runBody(t, `while true do pcall(self.send, self, "k", "m") end`, Run{Host: host})
	wantLimit(t, "messages")(nil, err)
}

func TestLibraryOfTheRun(t *testing.T) {
	secrets := func(name string) ([]byte, bool) { return []byte("key"), name == "k" }
	run := Run{Now: 1700000000123, Seed: 42, Secret: secrets}
	const body = `return table.concat({ now(), rand(), math.random(1, 100), uuid(), hash.sha256("abc"), hash.hmac("k", "abc"),
	  tostring(hash.equal("a", "a")), tostring(hash.equal("a", "b")), tostring(pcall(hash.hmac, "other", "x")), tostring({}), tostring({}), tostring(print) }, " ")`
	first, err := runBody(t, body, run)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := runBody(t, body, run)
	run.Seed++
	other, _ := runBody(t, body, run)
	if first.Value.Str != again.Value.Str || first.Value.Str == other.Value.Str {
		t.Errorf("runs are not determined by the seed:\n%s\n%s\n%s", first.Value.Str, again.Value.Str, other.Value.Str)
	}
	for _, want := range []string{
		"1700000000123 ", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"9c196e32dc0175f86f4b1cb89289d6619de6bee699e4c378e68309ed97a1a6ab", " true false false table: 0x00000001 table: 0x00000002 nil",
	} {
		if !strings.Contains(first.Value.Str, want) {
			t.Errorf("%q is not in %q", want, first.Value.Str)
		}
	}
}

func TestRedisLibraries(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{`cjson.encode({ 1, 2.5, "a/b\n\127", true, cjson.null })`, `[1,2.5,"a\/b\n\u007f",true,null]`},
		{`cjson.encode({})`, `{}`},
		{`cjson.encode({ a = { 1 } })`, `{"a":[1]}`},
		{`cjson.encode({ [1] = 1, [2] = 2, [4] = 4 })`, `[1,2,null,4]`},
		{`cjson.encode({ [1.5] = 1 })`, `{"1.5":1}`},
		{`cjson.encode(0.1)`, `0.1`},
		{`cjson.encode(1e20)`, `1e+20`},
		{`tostring(pcall(cjson.encode, { [100] = 1 }))`, `false`},
		{`tostring(pcall(cjson.encode, 0/0))`, `false`},
		{`cjson.decode('[1, "x\\u00e9\\ud83d\\ude00", {"a": null}, 1e3, -0.5]')[2]`, "x\u00e9\U0001f600"},
		{`tostring(cjson.decode('{"a": null}').a == cjson.null)`, `true`},
		{`tostring(pcall(cjson.decode, '[1,]'))`, `false`},
		{`tostring(pcall(cjson.decode, '[1] x'))`, `false`},
		{`cjson.encode({ cmsgpack.unpack(cmsgpack.pack(1, -1, 300, -70000, 1.5, "s", { 1, 2 }, true)) })`, `[1,-1,300,-70000,1.5,"s",[1,2],true]`},
		{`(cmsgpack.pack({ a = 1 }):gsub(".", function(c) return ("%02x"):format(c:byte()) end))`, `81a16101`},
		{`(cmsgpack.pack(2^32, -33, ("x"):rep(40)):sub(1, 13):gsub(".", function(c) return ("%02x"):format(c:byte()) end))`, `cf0000000100000000d0dfd928`},
		{`cjson.encode({ cmsgpack.unpack_one(cmsgpack.pack(7, 8)) })`, `[1,7]`},
		{`cjson.encode({ cmsgpack.unpack_limit(cmsgpack.pack(7, 8, 9), 2, 1) })`, `[-1,8,9]`},
		{`bit.tohex(bit.band(0xff, 0x0f)) .. bit.tohex(-1, 4) .. bit.lshift(1, 31)`, `0000000fffff-2147483648`},
		{`bit.bnot(0) .. bit.arshift(-8, 1) .. bit.rol(0x12345678, 12) .. bit.bswap(1)`, `-1-4116441117116777216`},
		{`cjson.encode({ struct.unpack(">HhIi3", struct.pack(">HhIi3", 258, -2, 70000, -5)) })`, `[258,-2,70000,-5,12]`},
		{`(struct.pack("<I2>I2sx", 1, 1, "ab"):gsub(".", function(c) return ("%02x"):format(c:byte()) end))`, `0100000161620000`},
		{`cjson.encode({ struct.unpack("Bc0", struct.pack("Bc0", 3, "abc")) })`, `["abc",5]`},
		{`struct.size("!8bd") .. struct.size("bd")`, `169`},
	} {
		out, err := runBody(t, "return "+c.body, Run{})
		b, _ := out.Value.AppendText(nil)
		if err != nil || string(b) != c.want {
			t.Errorf("%s: got %q %v, want %q", c.body, b, err, c.want)
		}
	}
}

func TestSelfAndEventAreResolvedOnce(t *testing.T) {
	host := &countingHost{}
	_, err := runBody(t, `for i = 1, 5 do local a = ev.user end for i = 1, 3 do local k = self.key end return ev.nothing == nil and self.nothing == nil`, Run{Host: host})
	if err != nil || host.events != 2 || host.selfs != 4 {
		t.Errorf("%d events, %d fields, %v", host.events, host.selfs, err)
	}
}

type countingHost struct{ events, selfs int }

func (h *countingHost) Event(field string) (Value, bool) {
	h.events++
	return StringValue("bob"), field == "user"
}

func (h *countingHost) Words(string) ([][]byte, bool) { return nil, false }

func (h *countingHost) Self(field string) (Value, bool) {
	h.selfs++
	return StringValue("key"), field == "key"
}

func (h *countingHost) Call(string, []Value) (Value, error) { return Value{}, nil }

func TestStateIsDurableData(t *testing.T) {
	var state []byte
	pool := NewPool(1)
	step := func(body string) *Outcome {
		t.Helper()
		out, err := pool.Run(&Run{Program: mustCompile(t, body), Handler: OnMessage, Host: &testHost{}, State: state})
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if out.StateChanged {
			state = out.State
		}
		return out
	}
	if step(`local x = self.key`).StateChanged || step(`local x = self.state.a`).StateChanged {
		t.Error("a run that writes nothing changes the state")
	}
	step(`local s = self.state s.n = 1 s.f = 1.5 s.t = { 1, 2, { x = "y" } } s[-3] = true s[7] = false s.nan = 0/0`)
	if step(`local s = self.state s.n = s.n`).StateChanged {
		t.Error("the same value changes the state")
	}
	out := step(`local s = self.state return s.n .. s.f .. #s.t .. s.t[3].x .. tostring(s[-3]) .. tostring(s[7]) .. tostring(s.nan ~= s.nan)`)
	if out.Value.Str != "11.52ytruefalsetrue" && out.Value.Str != "11.53ytruefalsetrue" {
		t.Errorf("state reads %q", out.Value.Str)
	}
	v, err := DecodeState(state)
	if err != nil || v.Get("n").Num != 1 {
		t.Errorf("%+v %v", v, err)
	}
	if again, err := EncodeState(v, 1<<16); err != nil || !bytes.Equal(again, state) {
		t.Errorf("%x, want %x, %v", again, state, err)
	}
	if out := step(`for k in pairs(self.state) do self.state[k] = nil end`); !out.StateChanged || len(out.State) != 0 {
		t.Errorf("an empty state is %x", out.State)
	}
}

func TestBadStatesFailTheRun(t *testing.T) {
	for _, body := range []string{
		`self.state.f = print or tostring`, `self.state.t = self.state`, `self.state.m = setmetatable({}, {})`, `self.state[1.5] = 1`,
		`self.state[true] = 1`, `self.state.ev = ev`, `self.state.s = self`, `self.state.n = cjson.null`,
		`local t = {} self.state.t = t for i = 1, 16 do t.t = {} t = t.t end`,
	} {
		_, err := runBody(t, body, Run{})
		var script *ScriptError
		if !errors.As(err, &script) || !strings.Contains(script.Msg, "self.state") {
			t.Errorf("%s: %v", body, err)
		}
	}
	_, err := runBody(t, `self.state.s = ("x"):rep(100)`, Run{Limits: Limits{State: 100}})
	wantLimit(t, LimitState)(nil, err)
	_, err = runBody(t, `return self.state.x`, Run{State: []byte{1, 5, 9}})
	wantLimit(t, LimitState)(nil, err)
}

func TestGoroutinesShareProgramsAndPool(t *testing.T) {
	progs := []*Program{
		mustCompile(t, `local t = {} for i = 1, 50 do t[i] = "k" .. i end self.state.n = (self.state.n or 0) + 1 return table.concat(t)`),
		mustCompile(t, `pcall(error, "x") return string.format("%5.1f", math.pi) .. ("x"):rep(3)`),
		mustCompile(t, `error({})`),
		mustCompile(t, `while true do end`),
	}
	pool := NewPool(3)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 200 {
				p := progs[i%len(progs)]
				_, err := pool.Run(&Run{Program: p, Handler: OnMessage, Host: &testHost{}, Limits: Limits{Instructions: 5000}})
				if (err != nil) != (i%len(progs) >= 2) {
					t.Errorf("program %d: %v", i%len(progs), err)
				}
			}
		})
	}
	wg.Wait()
}

type panickyHost struct{ testHost }

func (*panickyHost) Call(string, []Value) (Value, error) {
	var none map[string]int
	none["x"] = 1
	return Value{}, nil
}

func TestPanicOfTheHostIsAnInternalError(t *testing.T) {
	for _, body := range []string{`self:delete()`, `pcall(self.delete, self)`, `pcall(function() pcall(self.delete, self) end)`} {
		_, err := runBody(t, body, Run{Host: &panickyHost{}})
		var script *ScriptError
		if !errors.As(err, &script) || script.Msg != "internal error" || script.Cause == nil || !strings.Contains(script.Cause.Error(), "panickyHost") {
			t.Errorf("%s: %v", body, err)
		}
	}
}
