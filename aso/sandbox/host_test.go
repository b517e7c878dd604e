package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

// testHost answers from maps and records the effects.
type testHost struct {
	event map[string]Value
	words map[string][][]byte
	self  map[string]Value
	calls []string
	reply Value
	fail  error
}

func (h *testHost) Event(field string) (Value, bool) {
	v, ok := h.event[field]
	return v, ok
}

func (h *testHost) Words(field string) ([][]byte, bool) {
	words, ok := h.words[field]
	return words, ok
}

func (h *testHost) Self(field string) (Value, bool) {
	v, ok := h.self[field]
	return v, ok
}

func (h *testHost) Call(fn string, args []Value) (Value, error) {
	var text strings.Builder
	text.WriteString(fn)
	for _, a := range args {
		b, _ := a.AppendText(nil)
		text.WriteString(fmt.Sprintf(" %s", b))
	}
	h.calls = append(h.calls, text.String())
	return h.reply, h.fail
}

func mustCompile(t testing.TB, body string) *Program {
	t.Helper()
	p, err := Compile(handlerSource(body), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func runBody(t testing.TB, body string, r Run) (*Outcome, error) {
	t.Helper()
	r.Program, r.Handler = mustCompile(t, body), OnMessage
	if r.Host == nil {
		r.Host = &testHost{}
	}
	return NewPool(1).Run(&r)
}
