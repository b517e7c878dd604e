package wire

import (
	"math"
	"strings"
	"testing"
)

func TestRepliesInBothProtocols(t *testing.T) {
	tests := []struct {
		name         string
		append       func(r *Reply)
		resp2, resp3 string
	}{
		{"ok", func(r *Reply) { r.Status("OK") }, "+OK\r\n", "+OK\r\n"},
		{"status", func(r *Reply) { r.Status("a\r\nb") }, "+a  b\r\n", "+a  b\r\n"},
		{"error", func(r *Reply) { r.Error("ERR a\r\nb\r\n") }, "-ERR a  b\r\n", "-ERR a  b\r\n"},
		{"int", func(r *Reply) { r.Int(-12) }, ":-12\r\n", ":-12\r\n"},
		{"int min", func(r *Reply) { r.Int(math.MinInt64) }, ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"},
		{"bulk", func(r *Reply) { r.Bulk([]byte("a\r\nb")) }, "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"},
		{"empty bulk", func(r *Reply) { r.BulkString("") }, "$0\r\n\r\n", "$0\r\n\r\n"},
		{"null", (*Reply).Null, "$-1\r\n", "_\r\n"},
		{"null array", (*Reply).NullArray, "*-1\r\n", "_\r\n"},
		{"array", func(r *Reply) { r.Array(12) }, "*12\r\n", "*12\r\n"},
		{"map", func(r *Reply) { r.Map(3) }, "*6\r\n", "%3\r\n"},
		{"set", func(r *Reply) { r.Set(3) }, "*3\r\n", "~3\r\n"},
		{"push", func(r *Reply) { r.Push(3) }, "*3\r\n", ">3\r\n"},
		{"true", func(r *Reply) { r.Bool(true) }, ":1\r\n", "#t\r\n"},
		{"false", func(r *Reply) { r.Bool(false) }, ":0\r\n", "#f\r\n"},
		{"big number", func(r *Reply) { r.BigNumber("-123") }, "$4\r\n-123\r\n", "(-123\r\n"},
		{"verbatim", func(r *Reply) { r.Verbatim("txt", "a\nb") }, "$3\r\na\nb\r\n", "=7\r\ntxt:a\nb\r\n"},
		{"verbatim format", func(r *Reply) { r.Verbatim("m", "") }, "$0\r\n\r\n", "=4\r\nm  :\r\n"},
		{"double", func(r *Reply) { r.Double(0.1) }, "$19\r\n0.10000000000000001\r\n", ",0.10000000000000001\r\n"},
		{"inf", func(r *Reply) { r.Double(math.Inf(1)) }, "$3\r\ninf\r\n", ",inf\r\n"},
		{"raw", func(r *Reply) { r.Raw([]byte(">1\r\n")) }, ">1\r\n", ">1\r\n"},
		{"deferred", func(r *Reply) {
			outer := r.Defer()
			r.Int(1)
			inner := r.Defer()
			r.Int(2)
			r.Int(3)
			r.SetMap(inner, 1)
			set := r.Defer()
			r.SetSet(set, 0)
			r.SetArray(outer, 3)
			r.Int(4)
		}, "*3\r\n:1\r\n*2\r\n:2\r\n:3\r\n*0\r\n:4\r\n", "*3\r\n:1\r\n%1\r\n:2\r\n:3\r\n~0\r\n:4\r\n"},
		{"truncated", func(r *Reply) {
			r.Int(1)
			at := r.Len()
			r.BulkString("half")
			r.Truncate(at)
			r.Error("ERR no")
		}, ":1\r\n-ERR no\r\n", ":1\r\n-ERR no\r\n"},
	}
	for _, test := range tests {
		for version, want := range map[int]string{2: test.resp2, 3: test.resp3} {
			var r Reply
			r.SetProtocol(version)
			test.append(&r)
			if got := string(r.Bytes()); got != want || r.Protocol() != version {
				t.Errorf("%s in RESP%d: %q, want %q", test.name, version, got, want)
			}
		}
	}
}

// The texts are ZSCORE replies of redis-server 7.0.15.
func TestDoublesAreWrittenAsRedisDoes(t *testing.T) {
	negativeZero := math.Copysign(0, -1)
	for want, f := range map[string]float64{
		"0": 0, "-0": negativeZero, "3": 3, "-17": -17, "3.1400000000000001": 3.14,
		"1e+20": 1e20, "1e+17": 1e17, "10000000000000000": 1e16, "12345678901234568": 12345678901234567,
		"9007199254740992": 1 << 53, "1.0000000000000001e-05": 1e-5, "0.0001": 1e-4,
		"1.7976931348623157e+308": math.MaxFloat64, "4.9406564584124654e-324": math.SmallestNonzeroFloat64,
		"-inf": math.Inf(-1), "nan": math.NaN(), "-nan": math.Copysign(math.NaN(), -1),
	} {
		if got := string(AppendDouble(nil, f)); got != want {
			t.Errorf("%g: %s, want %s", f, got, want)
		}
	}
}

func TestABufferOfUnusualSizeIsNotPooled(t *testing.T) {
	var r Reply
	r.Acquire()
	r.BulkString(strings.Repeat("x", 2*maxPooledReply))
	r.Release()
	r.Acquire()
	if n := cap(r.buf); n > maxPooledReply {
		t.Errorf("got a buffer of %d bytes", n)
	}
}

func BenchmarkAppendReplies(b *testing.B) {
	var r Reply
	value := []byte("xxxxxxxxxxxxxxxx")
	b.ReportAllocs()
	for b.Loop() {
		r.Acquire()
		for i := range 16 {
			r.Status("OK")
			r.Int(int64(i) * 100)
			r.Bulk(value)
			r.Null()
		}
		r.Release()
	}
}

func BenchmarkDeferredArray(b *testing.B) {
	var r Reply
	b.ReportAllocs()
	for b.Loop() {
		r.Acquire()
		at := r.Defer()
		for range 100 {
			r.BulkString("member")
		}
		r.SetArray(at, 100)
		r.Release()
	}
}
