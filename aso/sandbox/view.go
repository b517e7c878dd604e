package sandbox

import (
	"errors"

	lua "github.com/yuin/gopher-lua"
)

// effects are the methods of self that the host performs.
var effects = []string{
	"call", "callkey", "expire", "expireat", "persist", "ttl", "delete", "timer", "cancel", "timers",
	"send", "reply", "publish", "emit",
}

var selfMethods = func() map[string]*lua.LFunction {
	out := map[string]*lua.LFunction{}
	for _, name := range effects {
		out[name] = goFunction(effect(name))
	}
	return out
}()

func init() {
	selfMeta.RawSetString("__index", goFunction(selfIndex))
	evMeta.RawSetString("__index", goFunction(evIndex))
	envMeta.RawSetString("__index", goFunction(envIndex))
}

// envIndex reports a global that does not exist, in Redis' words.
func envIndex(L *lua.LState) int {
	name, _ := L.Get(2).(lua.LString)
	L.RaiseError("Script attempted to access nonexistent global variable '%s'", clip(string(name), 64))
	return 0
}

// evIndex finds ev.<field>. The answer stays in the table for this run.
func evIndex(L *lua.LState) int {
	w := of(L)
	name, ok := L.Get(2).(lua.LString)
	if !ok {
		return push(L, lua.LNil)
	}
	v, ok := w.env.Host.Event(string(name))
	if !ok {
		return push(L, lua.LNil)
	}
	lv := w.frozenValue(L, v)
	if lv != lua.LNil {
		w.cached = append(w.cached, string(name))
		w.ev.RawSetString(string(name), lv)
	}
	return push(L, lv)
}

// selfIndex finds self.<field>; the methods are in the table itself.
func selfIndex(L *lua.LState) int {
	w := of(L)
	name, ok := L.Get(2).(lua.LString)
	if !ok {
		return push(L, lua.LNil)
	}
	switch name {
	case "state":
		return push(L, w.loadState(L))
	case "params":
		return push(L, w.env.params)
	}
	v, ok := w.env.Host.Self(string(name))
	if !ok {
		return push(L, lua.LNil)
	}
	return push(L, w.fromValue(L, v))
}

// effect makes the method self:name(...).
func effect(name string) lua.LGFunction {
	return func(L *lua.LState) int {
		w := of(L)
		if L.Get(1) != w.self {
			L.RaiseError("call it as self:%s(...)", name)
		}
		return w.perform(L, name, 2)
	}
}

func logFn(L *lua.LState) int { return of(L).perform(L, "log", 1) }

// perform hands the arguments from index first on to the host.
func (w *worker) perform(L *lua.LState, name string, first int) int {
	w.work(4)
	args := w.args[:0]
	for i := first; i <= L.GetTop(); i++ {
		args = append(args, w.toValue(L, L.Get(i)))
	}
	w.args = args
	result, err := w.env.Host.Call(name, args)
	if err != nil {
		var limit *LimitError
		if errors.As(err, &limit) {
			w.end(limit)
		}
		msg := oneLine(err.Error())
		w.alloc(len(msg) + 64)
		L.RaiseError("%s", msg)
	}
	if result.Kind == Nil {
		return push(L, lua.LNil)
	}
	return push(L, w.fromValue(L, result))
}

// marker is what deny, keep, wait and missing return: a handler hands it on.
type marker struct {
	verdict Verdict
	text    string
	keepMS  int64
}

func newMarker(m marker) *lua.LUserData {
	return &lua.LUserData{Value: &m, Metatable: lua.LNil}
}

var (
	missingMarker = newMarker(marker{verdict: Missing})
	keepMarker    = newMarker(marker{verdict: Keep})
	waitMarker    = newMarker(marker{verdict: Wait})
)

func denyFn(L *lua.LState) int {
	text := oneLine(optString(L, 1, "deny", ""))
	of(L).alloc(len(text) + 128)
	return push(L, newMarker(marker{verdict: Deny, text: text}))
}

func missingFn(L *lua.LState) int { return push(L, missingMarker) }

func keepFn(L *lua.LState) int { return timedMarker(L, "keep", Keep, keepMarker) }

func waitFn(L *lua.LState) int { return timedMarker(L, "wait", Wait, waitMarker) }

// maxKeepMS bounds the time of a verdict: a larger one, math.huge among them, means as long as can be.
const maxKeepMS = 1 << 53

// timedMarker returns the verdict v with the time that is given, or untimed.
func timedMarker(L *lua.LState, name string, v Verdict, untimed *lua.LUserData) int {
	if L.Get(1) == lua.LNil {
		return push(L, untimed)
	}
	ms := argNumber(L, 1, name)
	if !(ms >= 1) {
		argError(L, 1, name, "milliseconds expected")
	}
	of(L).alloc(128)
	return push(L, newMarker(marker{verdict: v, keepMS: int64(min(ms, maxKeepMS))}))
}
