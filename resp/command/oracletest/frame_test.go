package oracletest

import (
	"bufio"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

var frames = []struct {
	wire string
	text string
}{
	{"+OK\r\n", "+OK"},
	{"-ERR a b\r\n", "-ERR a b"},
	{"-ERR ends with: \r\n", `-"ERR ends with: "`},
	{":-5\r\n", ":-5"},
	{"$5\r\na\x00\"\r\n\r\n", `"a\x00\"\r\n"`},
	{"$0\r\n\r\n", `""`},
	{"$-1\r\n", "$-1"},
	{"*-1\r\n", "*-1"},
	{"_\r\n", "_"},
	{"*0\r\n", "*[]"},
	{"*3\r\n$1\r\na\r\n+a b\r\n*1\r\n:1\r\n", `*["a" +"a b" *[:1]]`},
	{"%1\r\n+k\r\n,1.5\r\n", "%[+k ,1.5]"},
	{"~2\r\n#t\r\n#f\r\n", "~[#t #f]"},
	{">2\r\n$1\r\na\r\n_\r\n", `>["a" _]`},
	{"(123456789012345678901234567890\r\n", "(123456789012345678901234567890"},
	{"=6\r\ntxt:a\n\r\n", `=txt:"a\n"`},
}

func TestRepliesKeepTheirTypeInText(t *testing.T) {
	for _, tt := range frames {
		f, err := ReadFrame(bufio.NewReader(strings.NewReader(tt.wire)))
		if err != nil || f.String() != tt.text {
			t.Errorf("%q: got %s, %v, want %s", tt.wire, f, err, tt.text)
		}
		back, err := ParseFrame(tt.text)
		if err != nil || !reflect.DeepEqual(back, f) {
			t.Errorf("%s: read back %+v, %v, want %+v", tt.text, back, err, f)
		}
	}
}

func TestReadFrameRefusesBrokenReplies(t *testing.T) {
	for _, wire := range []string{
		"", "\r\n", "OK\r\n", "+OK\n", "$-2\r\n", "$3\r\nab\r\n", "$1\r\nab\r\n", "$9999999999999999999\r\n", "*-2\r\n",
		"*1\r\n", "*99999999\r\n", "_x\r\n", "=1\r\na\r\n", "%x\r\n", "?\r\n", strings.Repeat("*1\r\n", 100),
	} {
		if f, err := ReadFrame(bufio.NewReader(strings.NewReader(wire))); err == nil {
			t.Errorf("%q: accepted as %s", wire, f)
		}
	}
}

func TestParseFrameRefusesBrokenText(t *testing.T) {
	for _, text := range []string{"", "OK", "*", "*[", "*[+OK", `"a`, "=txt", `=text:"a"`, "$5", ":1 :2", "]", strings.Repeat("*[", 100)} {
		if f, err := ParseFrame(text); err == nil {
			t.Errorf("%q: accepted as %s", text, f)
		}
	}
}

func TestLongRepliesAreSpreadOverLines(t *testing.T) {
	long := Frame{Kind: Array}
	for range 100 {
		long.Items = append(long.Items, Frame{Kind: Bulk, Text: "element"}, Frame{Kind: Map, Items: []Frame{{Kind: Status, Text: "k"}, {Kind: Null}}})
	}
	text := long.lines("  ", true)
	if !strings.Contains(text, "\n") {
		t.Fatal("one line")
	}
	back, err := ParseFrame(text)
	if err != nil || !reflect.DeepEqual(back, long) {
		t.Errorf("read back %s, %v", back, err)
	}
}

func FuzzReadFrame(f *testing.F) {
	for _, tt := range frames {
		f.Add(tt.wire)
	}
	f.Add("#\f\r\n")
	f.Fuzz(func(t *testing.T, wire string) {
		frame, err := ReadFrame(bufio.NewReader(strings.NewReader(wire)))
		if err != nil || !plainScalars(frame) {
			return
		}
		back, err := ParseFrame(frame.lines("  ", true))
		if err != nil || !reflect.DeepEqual(back, frame) {
			t.Errorf("%q: %s became %s, %v", wire, frame, back, err)
		}
	})
}

// plainScalars tells whether numbers and booleans look like such; their text has
// no quotes, since no server sends others.
func plainScalars(f Frame) bool {
	switch f.Kind {
	case Integer, Double, Boolean, BigNumber:
		return f.Text != "" && !strings.ContainsAny(f.Text, "[]?\"") && !strings.ContainsFunc(f.Text, unicode.IsSpace)
	}
	for _, item := range f.Items {
		if !plainScalars(item) {
			return false
		}
	}
	return true
}

func FuzzParseFrame(f *testing.F) {
	for _, tt := range frames {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		frame, err := ParseFrame(text)
		if err != nil {
			return
		}
		back, err := ParseFrame(frame.String())
		if err != nil || !reflect.DeepEqual(back, frame) {
			t.Errorf("%q: %s became %s, %v", text, frame, back, err)
		}
	})
}
