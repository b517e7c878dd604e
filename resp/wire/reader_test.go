package wire

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"comet/aso/randtest"
)

// feed gives input to a Reader in pieces, calling Release and Idle between them
// as a connection does, and returns copies of the commands.
func feed(r *Reader, pieces ...[]byte) (commands [][]string, err error) {
	for _, piece := range pieces {
		for len(piece) > 0 {
			n := copy(r.Space(), piece)
			r.Filled(n)
			piece = piece[n:]
			for {
				args, err := r.Next()
				if err != nil {
					return commands, err
				}
				if args == nil {
					break
				}
				commands = append(commands, texts(args))
			}
			r.Release()
			r.Idle()
		}
	}
	return commands, nil
}

func texts(args [][]byte) []string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = string(arg)
	}
	return words
}

func bytewise(input string) [][]byte {
	pieces := make([][]byte, len(input))
	for i := range pieces {
		pieces[i] = []byte(input[i : i+1])
	}
	return pieces
}

// Each row was observed on redis-server 7.0.15.
var edges = []struct {
	name, input string
	want        string // commands as %q, "" when more bytes are awaited
	err         string
	noAuth      bool
}{
	{name: "length of MaxInt64", input: "*1\r\n$9223372036854775807\r\n", err: "invalid bulk length"},
	{name: "length -1", input: "*1\r\n$-1\r\n", err: "invalid bulk length"},
	{name: "length -2", input: "*1\r\n$-2\r\n", err: "invalid bulk length"},
	{name: "length 512 MB", input: "*1\r\n$536870912\r\n"},
	{name: "length over 512 MB", input: "*1\r\n$536870913\r\n", err: "invalid bulk length"},
	{name: "count over MaxInt32", input: "*2147483648\r\n", err: "invalid multibulk length"},
	{name: "count MaxInt32", input: "*2147483647\r\n"},
	{name: "count 0", input: "*0\r\n*0\r\nPING\r\n", want: `["PING"]`},
	{name: "count -1", input: "*-1\r\nPING\r\n", want: `["PING"]`},
	{name: "count -5", input: "*-5\r\n*1\r\n$4\r\nPING\r\n", want: `["PING"]`},
	{name: "count below MinInt64", input: "*-9223372036854775809\r\n", err: "invalid multibulk length"},
	{name: "count MinInt64", input: "*-9223372036854775808\r\nPING\r\n", want: `["PING"]`},
	{name: "no count", input: "*\r\n", err: "invalid multibulk length"},
	{name: "count with plus", input: "*+1\r\n", err: "invalid multibulk length"},
	{name: "count with leading zero", input: "*01\r\n", err: "invalid multibulk length"},
	{name: "count minus zero", input: "*-0\r\n", err: "invalid multibulk length"},
	{name: "count of letters", input: "*1a\r\n", err: "invalid multibulk length"},
	{name: "no dollar", input: "*1\r\nfoo\r\n", err: "expected '$', got 'f'"},
	{name: "no dollar and no line end", input: "*1\r\nfoo"},
	{name: "empty line for a length", input: "*1\r\n\r\n", err: "expected '$', got '\r'"},
	{name: "NUL for a dollar", input: "*1\r\n\x005\r\n"},
	{name: "high byte for a dollar", input: "*1\r\n\xff\r\n", err: "expected '$', got '\xff'"},
	{name: "any byte after CR", input: "*1\rX$4\rXPINGZZPING\r\n", want: `["PING"] ["PING"]`},
	{name: "bare LF in lengths", input: "*1\n$4\nPING\n"},
	{name: "empty argument", input: "*2\r\n$0\r\n\r\n$1\r\nx\r\n", want: `["" "x"]`},
	{name: "commands before an error", input: "PING\r\n*1\r\n$-2\r\nPING\r\n", want: `["PING"]`, err: "invalid bulk length"},
	{name: "redcon's other protocol", input: "$3\r\nfoo\r\n", want: `["$3"] ["foo"]`},
	{name: "inline bare LF", input: "PING\n", want: `["PING"]`},
	{name: "inline empty lines", input: "\n\r\n\rPING\n", want: `["PING"]`},
	{name: "inline spaces", input: "  PING \t x \r\n", want: `["PING" "x"]`},
	{name: "inline escapes", input: `"PING" "a b\x41\n\r\t\b\a\q"` + "\n", want: `["PING" "a bA\n\r\t\b\aq"]`},
	{name: "inline half hex", input: `PING "\x4"` + "\n", want: `["PING" "x4"]`},
	{name: "inline single quotes", input: `PING 'a\'b\n'` + "\n", want: `["PING" "a'b\\n"]`},
	{name: "inline open quote", input: "PING \"a\r\n", err: "unbalanced quotes in request"},
	{name: "inline open single quote", input: "PING 'a\r\n", err: "unbalanced quotes in request"},
	{name: "inline quote ends in a word", input: "PING \"a\"b\r\n", err: "unbalanced quotes in request"},
	{name: "inline quote begins in a word", input: "PING a\"b c\"\r\n", want: `["PING" "ab c"]`},
	{name: "inline empty words", input: "PING \"\" ''\r\n", want: `["PING" "" ""]`},
	{name: "inline NUL", input: "PI\x00NG\r\nPING\r\n"},
	{name: "inline vertical tab", input: "\x0bPING\x0bx\r\n", want: `["PING\vx"]`},
	{name: "inline backslash", input: "PING a\\\r\n", want: `["PING" "a\\"]`},
	{name: "inline escaped quote", input: "PING \"a\\\"\r\n", err: "unbalanced quotes in request"},
	{name: "inline CR inside", input: "PING a\r b\n", want: `["PING" "a" "b"]`},
	{name: "unauthenticated count", input: "*11\r\n", err: "unauthenticated multibulk length", noAuth: true},
	{name: "unauthenticated count 10", input: "*10\r\n", noAuth: true},
	{name: "unauthenticated length", input: "*1\r\n$16385\r\n", err: "unauthenticated bulk length", noAuth: true},
	{name: "unauthenticated length 16384", input: "*1\r\n$16384\r\n", noAuth: true},
}

func TestEdgesAreThoseOfRedis(t *testing.T) {
	for _, edge := range edges {
		t.Run(edge.name, func(t *testing.T) {
			for _, pieces := range [][][]byte{{[]byte(edge.input)}, bytewise(edge.input)} {
				limits := defaultLimits()
				limits.Unauthenticated = edge.noAuth
				commands, err := feed(NewReader(limits), pieces...)
				if got := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%q", commands), "["), "]"); got != edge.want {
					t.Errorf("in %d pieces: commands %s, want %s", len(pieces), got, edge.want)
				}
				want := ""
				if edge.err != "" {
					want = "Protocol error: " + edge.err
				}
				if got := errorText(err); got != want {
					t.Errorf("in %d pieces: error %q, want %q", len(pieces), got, want)
				}
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestLinesAreBounded(t *testing.T) {
	for prefix, want := range map[string]error{"x": errInlineTooBig, "\x00": errInlineTooBig, "*1": errCountTooBig, "*1\r\n$1": errLengthTooBig, "*1\r\nx": errLengthTooBig} {
		line := prefix + strings.Repeat("1", maxLine-len(prefix)+strings.LastIndexByte(prefix, '\n')+1)
		r := NewReader(defaultLimits())
		if _, err := feed(r, []byte(line)); err != nil {
			t.Errorf("%q and 64 KiB: %v", prefix, err)
		}
		if _, err := feed(r, []byte("1")); !errors.Is(err, want) {
			t.Errorf("%q and one byte more: %v, want %v", prefix, err, want)
		}
	}
}

func TestLimitsCanChangeBetweenCommands(t *testing.T) {
	r := NewReader(Limits{MaxBulk: 1 << 20, MaxCommand: 1 << 20, Unauthenticated: true})
	r.Filled(copy(r.Space(), "AUTH x\r\n*11\r\n"))
	if args, err := r.Next(); len(args) != 2 || err != nil {
		t.Fatal(args, err)
	}
	r.SetLimits(Limits{MaxBulk: 5, MaxCommand: 1 << 20})
	r.Filled(copy(r.Space(), "$6\r\n"))
	if _, err := r.Next(); !errors.Is(err, errLength) {
		t.Fatal(err)
	}
}

func TestCommandMemoryIsBounded(t *testing.T) {
	r := NewReader(Limits{MaxBulk: 1 << 20, MaxCommand: 100 << 10})
	input := "*1000000\r\n" + strings.Repeat("$1000\r\n"+strings.Repeat("x", 1000)+"\r\n", 200)
	if _, err := feed(r, []byte(input)); !errors.Is(err, ErrCommandTooLarge) {
		t.Fatal(err)
	}
	if n := r.Capacity(); n > 400<<10 {
		t.Errorf("holds %d bytes", n)
	}
	r.Close()
	if n := r.Capacity(); n != 0 {
		t.Errorf("holds %d bytes after Close", n)
	}
}

func TestAnIdleReaderHoldsNoChunk(t *testing.T) {
	r := NewReader(defaultLimits())
	for _, rest := range []string{"", "PI", "*2\r\n$3\r\nGET\r\n$3\r\nab"} {
		if _, err := feed(r, []byte("PING\r\n"+rest)); err != nil {
			t.Fatal(err)
		}
		if n := r.Capacity(); n > 2*len(rest)+64 {
			t.Errorf("after %q: holds %d bytes", rest, n)
		}
		if r.Buffered() != len(rest) {
			t.Errorf("after %q: buffered %d", rest, r.Buffered())
		}
		if rest == "PI" {
			if commands, err := feed(r, []byte("NG\r\n")); err != nil || len(commands) != 1 {
				t.Fatal(commands, err)
			}
		}
	}
}

func TestAnnouncedBytesAreNotAllocated(t *testing.T) {
	r := NewReader(defaultLimits())
	if _, err := feed(r, []byte("*1\r\n$536870912\r\nx")); err != nil {
		t.Fatal(err)
	}
	if n := r.Capacity(); n > bigAtOnce+chunkSize {
		t.Errorf("holds %d bytes for one byte received", n)
	}
}

func TestBigArgumentGrowsToItsLengthFromAQuarter(t *testing.T) {
	const length = bigAtOnce + 1
	r := NewReader(defaultLimits())
	if _, err := feed(r, fmt.Appendf(nil, "*1\r\n$%d\r\n", length)); err != nil {
		t.Fatal(err)
	}
	if n := len(r.Space()); n != length/4+1 {
		t.Errorf("allocated %d bytes first", n)
	}
	r.Filled(len(r.Space()))
	r.Space()
	if n := len(r.big); n != length {
		t.Errorf("allocated %d bytes then", n)
	}
}

func TestBigArgumentIsReadInPlaceAndOwned(t *testing.T) {
	value := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	r := NewReader(defaultLimits())
	input := fmt.Appendf(nil, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\nPING\r\n", len(value), value)
	var owned []byte
	for len(input) > 0 {
		n := copy(r.Space(), input)
		r.Filled(n)
		input = input[n:]
		args, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if args != nil {
			if string(args[0]) != "SET" || string(args[1]) != "k" {
				t.Fatalf("%q", args[:2])
			}
			owned = args[2]
			if args, err = r.Next(); err != nil || len(args) != 1 {
				t.Fatal(args, err)
			}
		}
		if n := r.Capacity(); n > len(value)+chunkSize {
			t.Errorf("holds %d bytes for %d", n, len(value))
		}
		r.Release()
		r.Idle()
	}
	if _, err := feed(r, bytes.Repeat([]byte("PING x\r\n"), 20000)); err != nil {
		t.Fatal(err)
	}
	if cap(owned) != len(value) || !bytes.Equal(owned, value) {
		t.Error("the value changed or has slack")
	}
}

func TestFiftyThousandPipelinedCommands(t *testing.T) {
	var input []byte
	for i := range 50000 {
		input = fmt.Appendf(input, "*3\r\n$3\r\nSET\r\n$5\r\n%05d\r\n$3\r\nval\r\n", i)
	}
	commands, err := feed(NewReader(defaultLimits()), input)
	if err != nil || len(commands) != 50000 {
		t.Fatal(len(commands), err)
	}
	for i, c := range commands {
		if want := fmt.Sprintf("%05d", i); len(c) != 3 || c[1] != want {
			t.Fatalf("command %d is %q", i, c)
		}
	}
}

// A command that outlives several Releases spans chunks and keeps its arguments.
func TestLongCommandsSpanChunks(t *testing.T) {
	seed := randtest.Seed(t)
	rng := rand.New(rand.NewPCG(seed, 0))
	var input []byte
	var want [][]string
	for range 20 {
		command := make([]string, 1+rng.IntN(3000))
		for i := range command {
			n := rng.IntN(200)
			if rng.IntN(500) == 0 {
				n = rng.IntN(100 << 10)
			}
			command[i] = strings.Repeat(string(rune('a'+rng.IntN(26))), n)
		}
		want = append(want, command)
		input = appendCommand(input, command)
	}
	var pieces [][]byte
	for rest := input; len(rest) > 0; {
		n := min(len(rest), 1+rng.IntN(100<<10))
		pieces = append(pieces, rest[:n])
		rest = rest[n:]
	}
	commands, err := feed(NewReader(defaultLimits()), pieces...)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if fmt.Sprint(commands) != fmt.Sprint(want) {
		t.Fatalf("seed %d: commands differ", seed)
	}
}

func appendCommand(b []byte, words []string) []byte {
	b = fmt.Appendf(b, "*%d\r\n", len(words))
	for _, word := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(word), word)
	}
	return b
}

func BenchmarkParse64Sets(b *testing.B) {
	var input []byte
	for i := range 64 {
		input = appendCommand(input, []string{"SET", fmt.Sprintf("key:%012d", i), "xxxxxxxxxxxxxxxx"})
	}
	r := NewReader(defaultLimits())
	b.ReportAllocs()
	b.SetBytes(int64(len(input)))
	for b.Loop() {
		r.Filled(copy(r.Space(), input))
		n := 0
		for {
			args, err := r.Next()
			if err != nil {
				b.Fatal(err)
			}
			if args == nil {
				break
			}
			n += len(args)
		}
		if n != 192 {
			b.Fatal(n)
		}
		r.Release()
		r.Idle()
	}
}

// TestWholeCommandsReadLikeCutOnes compares what is read when all bytes are there with what is read when they come one by one.
func TestWholeCommandsReadLikeCutOnes(t *testing.T) {
	limits := Limits{MaxBulk: 300, MaxCommand: 600}
	for _, input := range []string{
		"*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
		"*1\r\n$0\r\n\r\n*0\r\n*1\r\n$1\r\nx\r\n",
		"*1\rx$1\rxaxx*1\r\n$1\r\nb\r\n",
		"*01\r\n$1\r\nx\r\n",
		"*1\r\n$01\r\nx\r\n",
		"*1\r\n$00\r\n\r\n",
		"*-1\r\n*+1\r\n",
		"*1\r\n$-1\r\n",
		"*1\r\n:1\r\n",
		"*1\r\n$1x\r\nx\r\n",
		"*1\r\n$300\r\n" + strings.Repeat("v", 300) + "\r\n",
		"*1\r\n$301\r\n" + strings.Repeat("v", 301) + "\r\n",
		"*2\r\n$276\r\n" + strings.Repeat("v", 276) + "\r\n$276\r\n" + strings.Repeat("v", 276) + "\r\n",
		"*2\r\n$276\r\n" + strings.Repeat("v", 276) + "\r\n$277\r\n" + strings.Repeat("v", 277) + "\r\n",
		"*1\r\n$999999\r\n",
	} {
		whole, cut := NewReader(limits), NewReader(limits)
		want, wantErr := feed(cut, bytes.SplitAfter([]byte(input), nil)...)
		got, err := feed(whole, []byte(input))
		if fmt.Sprintf("%q %v", got, err) != fmt.Sprintf("%q %v", want, wantErr) {
			t.Errorf("%.40q: whole %.60q %v, byte by byte %.60q %v", input, got, err, want, wantErr)
		}
	}
}
