package sandbox

import (
	"strings"

	"comet/aso/lua"
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
func (w *worker) result(out Replier, v lua.Value, depth int) {
	w.work(2)
	switch v.Kind() {
	case lua.KindString:
		text, _ := v.Text()
		w.Charge(len(text))
		out.BulkString(text)
	case lua.KindNumber:
		f, _ := v.Number()
		out.Int(truncated(f))
	case lua.KindBool:
		w.boolean(out, v.True())
	case lua.KindTable:
		if depth >= maxReplyDepth {
			out.Error("ERR reached lua stack limit", false)
			return
		}
		if t := v.Table(); !w.shaped(out, t, depth+1) {
			w.items(out, t, depth+1)
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
func (w *worker) items(out Replier, t *lua.Table, depth int) {
	n := countItems(t)
	w.work(n)
	out.Array(n)
	for i := 1; i <= n; i++ {
		w.result(out, t.GetInt(i), depth)
	}
}

// shaped appends a table that stands for another type of reply.
func (w *worker) shaped(out Replier, t *lua.Table, depth int) bool {
	if s, ok := t.GetString("err").Text(); ok {
		out.Error(plainLine(strings.TrimRight(beforeNUL(s), "\r\n")), isCounted(t))
		return true
	}
	if s, ok := t.GetString("ok").Text(); ok {
		out.Status(plainLine(beforeNUL(s)))
		return true
	}
	if f, ok := t.GetString("double").Number(); ok {
		out.Double(f)
		return true
	}
	if m := t.GetString("map").Table(); m != nil {
		w.pairsReply(out, m, depth)
		return true
	}
	if m := t.GetString("set").Table(); m != nil {
		w.membersReply(out, m, depth)
		return true
	}
	if s, ok := t.GetString("big_number").Text(); ok {
		out.BigNumber(plainLine(s))
		return true
	}
	return verbatimReply(out, t)
}

func verbatimReply(out Replier, t *lua.Table) bool {
	inner := t.GetString("verbatim_string").Table()
	if inner == nil {
		return false
	}
	text, ok := inner.GetString("string").Text()
	format, ok2 := inner.GetString("format").Text()
	if ok && ok2 {
		out.Verbatim(format, text)
	}
	return ok && ok2
}

// tableSize returns the number of pairs, items included.
func tableSize(t *lua.Table) (n int) {
	for k, _, _ := t.Next(lua.Nil); !k.IsNil(); k, _, _ = t.Next(k) {
		n++
	}
	return n
}

func (w *worker) pairsReply(out Replier, t *lua.Table, depth int) {
	n := tableSize(t)
	w.work(n)
	out.Map(n)
	for k, v, _ := t.Next(lua.Nil); !k.IsNil(); k, v, _ = t.Next(k) {
		w.result(out, k, depth)
		w.result(out, v, depth)
	}
}

func (w *worker) membersReply(out Replier, t *lua.Table, depth int) {
	n := tableSize(t)
	w.work(n)
	out.Set(n)
	for k, _, _ := t.Next(lua.Nil); !k.IsNil(); k, _, _ = t.Next(k) {
		w.result(out, k, depth)
	}
}

// plainLine makes line ends spaces.
func plainLine(s string) string { return lineEnds.Replace(s) }
