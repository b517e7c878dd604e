package handlertest

import (
	"slices"
	"strconv"
	"strings"

	"comet/aso/sandbox"
)

// text writes a value as Lua has it, fields sorted, so that equal values have equal texts. A nil in an array is false, as in replies.
func text(v sandbox.Value) string {
	var b strings.Builder
	write(&b, v)
	return b.String()
}

func write(b *strings.Builder, v sandbox.Value) {
	switch v.Kind {
	case sandbox.Nil:
		b.WriteString("nil")
	case sandbox.Bool:
		b.WriteString(strconv.FormatBool(v.True()))
	case sandbox.Number:
		out, _ := v.AppendText(nil)
		b.Write(out)
	case sandbox.String:
		b.WriteString(strconv.Quote(v.Str))
	case sandbox.OK:
		b.WriteString("{ok = " + strconv.Quote(v.Str) + "}")
	case sandbox.Err:
		b.WriteString("{err = " + strconv.Quote(v.Str) + "}")
	case sandbox.Double:
		out, _ := v.AppendText(nil)
		b.WriteString("{double = " + string(out) + "}")
	case sandbox.MapReply:
		b.WriteString("{map = " + table(v.Tab) + "}")
	case sandbox.SetReply:
		b.WriteString("{set = " + table(v.Tab) + "}")
	default:
		b.WriteString(table(v.Tab))
	}
}

func table(t *sandbox.Tab) string {
	if t == nil {
		return "{}"
	}
	var items []string
	for _, item := range t.Array {
		if item.Kind == sandbox.Nil {
			item = sandbox.BoolValue(false)
		}
		items = append(items, text(item))
	}
	var fields []string
	for _, f := range t.Fields {
		key := "[" + text(f.Key) + "]"
		if f.Key.Kind == sandbox.String && isName(f.Key.Str) {
			key = f.Key.Str
		}
		fields = append(fields, key+" = "+text(f.Value))
	}
	slices.Sort(fields)
	return "{" + strings.Join(append(items, fields...), ", ") + "}"
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
