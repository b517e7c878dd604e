package sandbox

import (
	"errors"

	"comet/aso/lua"
)

// effects are the methods of self that the host performs.
var effects = []string{
	"call", "callkey", "expire", "expireat", "persist", "ttl", "delete", "timer", "cancel", "timers",
	"send", "reply", "publish", "emit",
}

var selfMethods = func() map[string]lua.Value {
	out := map[string]lua.Value{}
	for _, name := range effects {
		out[name] = lua.NewFunction(effect(name)).Value()
	}
	return out
}()

// eventField finds ev.<field>. The answer stays in the table for this run.
func eventField(L *lua.State, key lua.Value) lua.Value {
	name, ok := key.Text()
	if !ok {
		return lua.Nil
	}
	w := of(L)
	v := w.event(L, name)
	if !v.IsNil() {
		w.cached = append(w.cached, key)
		w.ev.Set(key, v)
	}
	return v
}

// event asks the host for ev.<name>.
func (w *worker) event(L *lua.State, name string) lua.Value {
	if words, ok := w.env.Host.Words(name); ok {
		return w.eventWords(words)
	}
	answer, ok := w.env.Host.Event(name)
	if !ok {
		return lua.Nil
	}
	return w.frozenValue(L, answer)
}

// selfField finds self.<field>; the methods are in the table itself.
func selfField(L *lua.State, key lua.Value) lua.Value {
	name, ok := key.Text()
	if !ok {
		return lua.Nil
	}
	w := of(L)
	switch name {
	case "state":
		return w.loadState(L).Value()
	case "params":
		return w.env.params.Value()
	}
	v, ok := w.env.Host.Self(name)
	if !ok {
		return lua.Nil
	}
	return w.fromValue(L, v)
}

// effect makes the method self:name(...).
func effect(name string) lua.GoFunction {
	return func(L *lua.State) int {
		w := of(L)
		if L.Get(1).Table() != w.self {
			L.RaiseError("call it as self:%s(...)", name)
		}
		return w.perform(L, name, 2)
	}
}

func logFn(L *lua.State) int { return of(L).perform(L, "log", 1) }

// perform hands the arguments from index first on to the host.
func (w *worker) perform(L *lua.State, name string, first int) int {
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
		L.RaiseError("%s", oneLine(err.Error()))
	}
	L.Push(w.fromValue(L, result))
	return 1
}

// marker is what deny, keep, wait and missing return: a handler hands it on.
type marker struct {
	verdict Verdict
	text    string
	keepMS  int64
}

func newMarker(m marker) *lua.UserData { return &lua.UserData{Data: &m} }

var (
	missingMarker = newMarker(marker{verdict: Missing})
	keepMarker    = newMarker(marker{verdict: Keep})
	waitMarker    = newMarker(marker{verdict: Wait})
)

func denyFn(L *lua.State) int {
	text := oneLine(optString(L, 1, ""))
	return pushMarker(L, marker{verdict: Deny, text: text})
}

func pushMarker(L *lua.State, m marker) int {
	of(L).Charge(len(m.text) + 128)
	L.Push(newMarker(m).Value())
	return 1
}

func missingFn(L *lua.State) int {
	L.Push(missingMarker.Value())
	return 1
}

func keepFn(L *lua.State) int { return timedMarker(L, Keep, keepMarker) }

func waitFn(L *lua.State) int { return timedMarker(L, Wait, waitMarker) }

// maxKeepMS bounds the time of a verdict: a larger one, math.huge among them, means as long as can be.
const maxKeepMS = 1 << 53

// timedMarker returns the verdict v with the time that is given, or untimed.
func timedMarker(L *lua.State, v Verdict, untimed *lua.UserData) int {
	if L.Get(1).IsNil() {
		L.Push(untimed.Value())
		return 1
	}
	ms := argNumber(L, 1)
	if !(ms >= 1) {
		argError(L, 1, "milliseconds expected")
	}
	return pushMarker(L, marker{verdict: v, keepMS: int64(min(ms, maxKeepMS))})
}
