package rdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// file writes keys of two databases.
func file(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, [2]string{"redis-ver", "7.0.15"})
	w.Function([]byte("#!lua name=f"))
	for i := range 20 {
		p := new(Encoder).Payload(func(e *Encoder) { e.String([]byte(strings.Repeat("v", i))) })
		if err := w.Key(i/10, fmt.Appendf(nil, "k%d", i), int64(i%2)*1700000000000, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func keysOf(b []byte) (keys []string, err error) {
	f, err := NewFile(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	for {
		k, err := f.Next()
		if err != nil {
			return keys, err
		}
		if err := k.Payload.Check(); err != nil {
			return keys, err
		}
		keys = append(keys, fmt.Sprint(k.DB, string(k.Name), k.Deadline))
	}
}

func TestFilesComeBack(t *testing.T) {
	keys, err := keysOf(file(t))
	if !errors.Is(err, io.EOF) || len(keys) != 20 || keys[13] != "1k131700000000000" {
		t.Errorf("%v %v", keys, err)
	}
}

// TestDamageIsFoundWithItsPlace changes and cuts each byte of a file.
func TestDamageIsFoundWithItsPlace(t *testing.T) {
	whole := file(t)
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x10
		if i >= len(whole)-8 && binary.LittleEndian.Uint64(damaged[len(damaged)-8:]) == 0 {
			continue
		}
		for _, b := range [][]byte{damaged, whole[:i]} {
			_, err := keysOf(b)
			var format *FormatError
			if !errors.As(err, &format) || format.Offset > int64(len(whole)) {
				t.Fatalf("byte %d: %v", i, err)
			}
		}
	}
}

// FuzzFile reads files that nobody has written.
func FuzzFile(f *testing.F) {
	f.Add(file(f))
	f.Add([]byte("REDIS0011\xfa\x01a\x01b\xfe\x00\xfb\x01\x00\xfc\x00\x00\x00\x00\x00\x00\x00\x00\xf8\x05\xf9\x01\x00\x01k\x01v\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := keysOf(b); err == nil {
			t.Fatal("a file without an end")
		}
	})
}
