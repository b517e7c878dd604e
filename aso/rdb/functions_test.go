package rdb

import (
	"bytes"
	"testing"
)

// FuzzFunctions reads any libraries: those that can be read come back as they were from a payload of our own.
func FuzzFunctions(f *testing.F) {
	for _, source := range []string{"\x03abc", "\x40\x03abc", "\x80\x00\x00\x00\x03abc", "\x81\x00\x00\x00\x00\x00\x00\x00\x03abc", "\xc3\x06\x0b\x01ab\xe0\x00\x01", "\xc3\x05\x40\x20\x00a\xe0\x16\x00", "\xc0\x07"} {
		f.Add(append([]byte{opFunction}, source...))
	}
	f.Add([]byte{opFunctionOld})
	f.Fuzz(func(t *testing.T, b []byte) {
		sources, err := sourcesOf(seal(bytes.Clone(b), 0, Version))
		if err != nil {
			return
		}
		again, err := sourcesOf(Functions(sources))
		if err != nil || !bytes.Equal(bytes.Join(again, []byte{0}), bytes.Join(sources, []byte{0})) {
			t.Fatalf("%q became %q, %v", sources, again, err)
		}
	})
}

func sourcesOf(p Payload) (sources [][]byte, err error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	err = p.Functions(func(source []byte) error {
		sources = append(sources, bytes.Clone(source))
		return nil
	})
	return sources, err
}
