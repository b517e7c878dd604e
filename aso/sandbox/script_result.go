package sandbox

import (
	lua "github.com/yuin/gopher-lua"
)

// Replier takes the reply of a script. Its methods append one item each, Array, Map and Set the head of one with n items or pairs.
type Replier interface {
	Int(n int64)
	BulkString(s string)
	Null()
	Bool(b bool)
	Double(f float64)
	BigNumber(digits string)
	Verbatim(format, text string)
	Status(text string)
	Error(text string, counted bool) // counted: it is the error of a command that the script has called
	Array(n int)
	Map(n int)
	Set(n int)
}

// maxReplyDepth is how deep Redis nests a reply.
const maxReplyDepth = scriptStack - 10

// result appends what a script returned, by Redis' rules.
func (w *worker) result(out Replier, v lua.LValue, depth int) {
	w.work(2)
	switch v := v.(type) {
	case lua.LString:
		w.alloc(len(v))
		out.BulkString(string(v))
	case lua.LNumber:
		out.Int(truncated(float64(v)))
	case lua.LBool:
		w.boolean(out, bool(v))
	case *lua.LTable:
		if depth >= maxReplyDepth {
			out.Error("ERR reached lua stack limit", false)
			return
		}
		if !w.shaped(out, v, depth+1) {
			w.items(out, v, depth+1)
		}
	default:
		out.Null()
	}
}

func (w *worker) boolean(out Replier, b bool) {
	switch {
	case w.env.script.resp3:
		out.Bool(b)
	case b:
		out.Int(1)
	default:
		out.Null()
	}
}

// truncated returns f as C converts it on x86: towards zero, and the lowest integer for what is none.
func truncated(f float64) int64 {
	if f >= -1<<63 && f < 1<<63 {
		return int64(f)
	}
	return -1 << 63
}

// items appends the items of t up to the first nil.
func (w *worker) items(out Replier, t *lua.LTable, depth int) {
	n := 0
	for t.RawGetInt(n+1) != lua.LNil {
		n++
	}
	w.work(n)
	out.Array(n)
	for i := 1; i <= n; i++ {
		w.result(out, t.RawGetInt(i), depth)
	}
}

// shaped appends a table that stands for another type of reply.
func (w *worker) shaped(out Replier, t *lua.LTable, depth int) bool {
	if s, ok := t.RawGetString("err").(lua.LString); ok {
		out.Error(plainLine(string(s)), isCounted(t))
		return true
	}
	if s, ok := t.RawGetString("ok").(lua.LString); ok {
		out.Status(plainLine(string(s)))
		return true
	}
	if f, ok := t.RawGetString("double").(lua.LNumber); ok {
		out.Double(float64(f))
		return true
	}
	if m, ok := t.RawGetString("map").(*lua.LTable); ok {
		w.pairsReply(out, m, depth)
		return true
	}
	if m, ok := t.RawGetString("set").(*lua.LTable); ok {
		w.membersReply(out, m, depth)
		return true
	}
	if s, ok := t.RawGetString("big_number").(lua.LString); ok {
		out.BigNumber(plainLine(string(s)))
		return true
	}
	return verbatimReply(out, t)
}

func verbatimReply(out Replier, t *lua.LTable) bool {
	inner, ok := t.RawGetString("verbatim_string").(*lua.LTable)
	if !ok {
		return false
	}
	text, ok := inner.RawGetString("string").(lua.LString)
	format, ok2 := inner.RawGetString("format").(lua.LString)
	if ok && ok2 {
		out.Verbatim(string(format), string(text))
	}
	return ok && ok2
}

// tableSize returns the number of pairs, items included.
func tableSize(t *lua.LTable) (n int) {
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		n++
	}
	return n
}

func (w *worker) pairsReply(out Replier, t *lua.LTable, depth int) {
	n := tableSize(t)
	w.work(n)
	out.Map(n)
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		w.result(out, k, depth)
		w.result(out, v, depth)
	}
}

func (w *worker) membersReply(out Replier, t *lua.LTable, depth int) {
	n := tableSize(t)
	w.work(n)
	out.Set(n)
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		w.result(out, k, depth)
	}
}

// plainLine makes line ends spaces.
func plainLine(s string) string { return lineEnds.Replace(s) }
