package wire

import (
	"bytes"
	"fmt"
	"testing"
)

// feedAll gives r all bytes, taking what Next finds meanwhile, and releases as a connection does between reads.
func feedAll(t *testing.T, r *Reader, b []byte, take func(args [][]byte)) {
	t.Helper()
	for len(b) > 0 {
		n := copy(r.Space(), b)
		r.Filled(n)
		b = b[n:]
		for {
			args, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if args == nil {
				break
			}
			take(args)
		}
		r.Release()
	}
}

// TestReadersDoNotShareArgumentSlots lets one Reader chain chunks, which it gives back, and looks whether two others that take them get
// the same slots.
func TestReadersDoNotShareArgumentSlots(t *testing.T) {
	for range 50 {
		many := new(bytes.Buffer)
		fmt.Fprintf(many, "*3000\r\n")
		for range 3000 {
			fmt.Fprintf(many, "$100\r\n%0100d\r\n", 7)
		}
		first := NewReader(defaultLimits())
		feedAll(t, first, many.Bytes(), func([][]byte) {})
		first.Idle()
		first.Close()

		a, b := NewReader(defaultLimits()), NewReader(defaultLimits())
		put := func(r *Reader, text string) [][]byte {
			r.Filled(copy(r.Space(), text))
			args, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			return args
		}
		got := put(a, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n")
		put(b, "*2\r\n$4\r\nINCR\r\n$1\r\nb\r\n")
		if string(got[0]) != "GET" || string(got[1]) != "a" {
			t.Fatalf("arguments of one reader were overwritten by another's: %q", got)
		}
		a.Close()
		b.Close()
	}
}

func TestCommandsLeftBeforeIdleAreFoundAfterIt(t *testing.T) {
	r := NewReader(defaultLimits())
	defer r.Close()
	r.Filled(copy(r.Space(), "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nQUIT\r\n"))
	if args, err := r.Next(); err != nil || string(args[0]) != "PING" {
		t.Fatalf("got %q, %v", args, err)
	}
	r.Release()
	r.Idle()
	if args, err := r.Next(); err != nil || len(args) != 1 || string(args[0]) != "QUIT" {
		t.Fatalf("got %q, %v; want QUIT", args, err)
	}
}
