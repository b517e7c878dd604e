package command

import (
	"bytes"
	"testing"
)

// FuzzFunctionPayload reads any payload: what it yields are strings that a payload can hold, and no longer than they may be.
func FuzzFunctionPayload(f *testing.F) {
	f.Add([]byte("\x03abc"))
	f.Add([]byte("\x40\x03abc"))
	f.Add([]byte("\x80\x00\x00\x00\x03abc"))
	f.Add([]byte("\x81\x00\x00\x00\x00\x00\x00\x00\x03abc"))
	f.Add([]byte("\xc3\x06\x0b\x01ab\xe0\x00\x01"))
	f.Add([]byte("\xc3\x05\x40\x20\x00a\xe0\x16\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, rest, ok := readRDBString(b)
		if !ok {
			return
		}
		if len(rest) >= len(b) || len(s) > maxScriptBytes+32 {
			t.Fatalf("%d bytes of %d, %d left", len(s), len(b), len(rest))
		}
		again, rest, ok := readRDBString(appendRDBString(nil, s))
		if !ok || len(rest) != 0 || !bytes.Equal(again, s) {
			t.Fatalf("%q became %q", s, again)
		}
		if opened, ok := openDump(sealDump(bytes.Clone(b))); !ok || !bytes.Equal(opened, b) {
			t.Fatalf("%q became %q", b, opened)
		}
	})
}
