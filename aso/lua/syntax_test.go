package lua

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"comet/aso/randtest"
)

// wide are bounds that only PUC Lua's own limits meet.
var wide = ParseBounds{Tokens: 1 << 20, Depth: 1 << 20}

// syntaxOf returns what is wrong with a source, nothing if it is a program. Then it compiles.
func syntaxOf(t testing.TB, source string, bounds ParseBounds) string {
	t.Helper()
	stmts, err := Parse(source, "p", bounds)
	if err == nil {
		if _, err := Compile(stmts, "p"); err != nil {
			t.Fatalf("%.500q: %v", source, err)
		}
	}
	var e *CompileError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return fmt.Sprintf("p:%d: %s", e.Line, e.Msg)
	default:
		t.Fatalf("%q: %v", source, err)
		return ""
	}
}

// askSyntax returns what the lua5.1 binary says about sources.
func askSyntax(t *testing.T, sources []string) []string {
	t.Helper()
	lua51, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not installed")
	}
	var script bytes.Buffer
	script.WriteString("local function try(s) local f, err = loadstring(s, '=p') io.write(f and '' or err, '\\1\\n') end\n")
	for _, s := range sources {
		script.WriteString("try(\"")
		for i := range len(s) {
			fmt.Fprintf(&script, "\\%03d", s[i])
		}
		script.WriteString("\")\n")
	}
	path := filepath.Join(t.TempDir(), "sources.lua")
	if err := os.WriteFile(path, script.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(lua51, path).CombinedOutput()
	if err != nil {
		t.Fatalf("lua5.1: %v\n%s", err, out)
	}
	results := strings.Split(string(out), "\x01\n")
	if len(results) != len(sources)+1 {
		t.Fatalf("%d results for %d sources", len(results)-1, len(sources))
	}
	return results[:len(sources)]
}

// sameSyntax compares what is wrong with sources with what the lua5.1 binary says, which reads them two calls of C deep.
func sameSyntax(t *testing.T, sources []string) {
	t.Helper()
	bounds := wide
	bounds.Calls = 2
	accepted, failed := 0, 0
	for i, want := range askSyntax(t, sources) {
		got := syntaxOf(t, sources[i], bounds)
		if got == "" {
			accepted++
		}
		if got == want || strings.Contains(want, "nesting of [[...]] is deprecated") { // Redis has a Lua without this
			continue
		}
		t.Errorf("%.2000q\n--- got  %.1000q\n--- want %.1000q", sources[i], got, want)
		if failed++; failed == 20 {
			t.Fatal("too many differences")
		}
	}
	t.Logf("%d sources, of which %d are programs", len(sources), accepted)
}

// TestMutatedProgramsAgreeWithLua compares what is wrong with programs that were damaged with the lua5.1 binary.
func TestMutatedProgramsAgreeWithLua(t *testing.T) {
	r := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	var sources []string
	for range 6000 {
		if source := mutate(r, seedProgram(r)); !strings.HasPrefix(source, "\x1b") { // that is byte code to lua5.1, not to Redis
			sources = append(sources, source)
		}
	}
	sameSyntax(t, sources)
}

// seedProgram returns a program to damage.
func seedProgram(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return newWriter(r).program()
	case 1:
		return syntaxCases[r.IntN(len(syntaxCases))]
	default:
		return programs[r.IntN(len(programs))]
	}
}

// pieces are what programs are damaged with.
var pieces = strings.Fields(`and break do else elseif end false for function if in local nil not or repeat return then true until while goto
	.. ... == >= <= ~= = < > ~ + - * / % ^ # ( ) { } [ ] ; : , . :: // ! @ $ & | ? \ ' " [[ ]] [=[ ]=] --[[ -- --[==[ ]==] 0x 0x1p4 1e 1e+ 3x 1..2 .5 08 1_0 a b self arg _ 'x' "y\065" "\300" "\z"
	"\x41" 'a\`) // the last begins what does not end

func mutate(r *rand.Rand, source string) string {
	for range 1 + r.IntN(3) {
		source = mutateOnce(r, source)
	}
	return source
}

func mutateOnce(r *rand.Rand, source string) string {
	if source == "" {
		return pieces[r.IntN(len(pieces))]
	}
	tokens := tokenEnds(source)
	at := func() int { return tokens[r.IntN(len(tokens))] }
	a, b := at(), at()
	a, b = min(a, b), max(a, b)
	if b-a > 40 && r.IntN(4) > 0 {
		b = tokens[min(len(tokens)-1, indexOf(tokens, a)+1+r.IntN(3))]
	}
	piece := pieces[r.IntN(len(pieces))]
	glue := [...]string{" ", "", "\n", "\r\n", "\v", "\x00", "\xff", " -- c\n"}[min(r.IntN(24), 7)]
	switch r.IntN(8) {
	case 0, 1:
		return source[:a] + source[b:]
	case 2, 3:
		return source[:a] + glue + piece + " " + source[a:]
	case 4:
		return source[:b] + glue + source[a:]
	case 5:
		c := at()
		c = max(b, c)
		return source[:a] + source[b:c] + source[a:b] + source[c:]
	case 6:
		return source[:r.IntN(len(source)+1)]
	default:
		i := r.IntN(len(source))
		return source[:i] + string([]byte{byte(r.IntN(256))}) + source[i+r.IntN(2):]
	}
}

func indexOf(list []int, x int) int {
	for i, y := range list {
		if x == y {
			return i
		}
	}
	return 0
}

// tokenEnds returns where tokens end, the beginning of the source included.
func tokenEnds(source string) []int {
	ends := []int{0}
	for s := newScanner(source); s.scan().kind != tokEOF; {
		ends = append(ends, s.pos)
	}
	return ends
}

// TestSyntaxAgreesWithLua compares what is wrong with sources with the lua5.1 binary.
func TestSyntaxAgreesWithLua(t *testing.T) { sameSyntax(t, syntaxCases) }

// TestRegistersAgreeWithLua compares with the lua5.1 binary at which token sources have used up all registers of a function.
func TestRegistersAgreeWithLua(t *testing.T) {
	r := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	sources := make([]string, 3000)
	for i := range sources {
		sources[i] = crowded(r)
	}
	sameSyntax(t, sources)
}

// crowded returns a program with an expression where few registers are left.
func crowded(r *rand.Rand) string {
	w := newWriter(r)
	w.locals = []string{"a1", "a2", "b", "t"}
	names := 150 + r.IntN(51)
	left := 249 - names - r.IntN(14)
	expr := w.expr(2 + r.IntN(4))
	for w.chance(60) {
		expr = w.one(expr+", "+w.expr(3), w.expr(2)+", "+expr, "{"+expr+", x = "+w.expr(2)+"}", expr+w.one(" + ", " .. ", " == ", " and ", " or ", " < ")+w.expr(2), "f("+expr+")", "a1:m("+expr+")", "(f)["+expr+"]", w.expr(1)+" .. ("+expr+")", "not ("+expr+")", "-("+expr+")", "#{"+expr+"}")
	}
	head := w.one("f(", "t.x = f(", "return f(", "local x, y = f(", "if f(", "while f(", "repeat local q until f(", "for i = f(", "for i in f(", "t[a1], a1, b = f(", "a1.x, a1 = f(", "function t.f() end t = f(", "x = {f(", "x = a1 and f(", "x = 1 + f(", "x = 's' .. f(")
	tail := map[string]string{"if f(": " then end", "while f(": " do end", "for i = f(": ", 2 do end", "for i in f(": " do end", "x = {f(": "}"}[head]
	left -= len(head) - len(strings.TrimRight(head, "(")) + r.IntN(2)
	return "local " + many(names, "a#", ",") + w.one("\n", " b = 1 ") + head + many(max(left, 1), w.one("#", "b", "g.x", "a1"), w.one(",", ",\n")) + ", " + expr + ")" + tail
}
