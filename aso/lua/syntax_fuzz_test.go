package lua

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/ast"
)

// FuzzParse checks that any source ends, that the parser takes what the grammar takes, and that the grammar knows how deep the tree is at most.
func FuzzParse(f *testing.F) {
	for _, s := range slices.Concat(syntaxCases, programs) {
		if len(s) < 2000 {
			f.Add(s)
		}
	}
	bounds := ParseBounds{Tokens: 10_000, Depth: 300}
	f.Fuzz(func(t *testing.T, source string) {
		g := newGrammar(source, bounds)
		height := g.main()
		if g.err != nil {
			return
		}
		stmts, err := g.plain.parse("p")
		if err != nil {
			t.Fatalf("%q: %v\n%s", source, err, g.plain.text)
		}
		lines := 1 + strings.Count(source, "\n") + strings.Count(source, "\r")
		w := &treeWalk{t: t, lines: lines}
		if tall := w.height(reflect.ValueOf(stmts)); tall > height || height > bounds.Depth {
			t.Fatalf("%q: the tree is %d high, not %d", source, tall, height)
		}
		if again := newGrammar(string(g.plain.text), bounds); again.main() != height || again.err != nil || g.looked != again.looked || g.tokens != again.tokens {
			t.Fatalf("%q: %v\n%s", source, again.err, g.plain.text)
		}
	})
}

// treeWalk goes through a tree.
type treeWalk struct {
	t     *testing.T
	lines int // of the source
}

// height returns how many statements and expressions stand in one another.
func (w *treeWalk) height(v reflect.Value) (height int) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return 0
		}
		node, isNode := v.Interface().(ast.PositionHolder)
		if v.Kind() == reflect.Pointer && isNode {
			if node.Line() > w.lines || node.LastLine() > w.lines {
				w.t.Fatalf("%T is in lines %d to %d of %d", node, node.Line(), node.LastLine(), w.lines)
			}
			height = 1
		}
		return height + w.height(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && !v.Type().Field(i).Anonymous {
				height = max(height, w.height(v.Field(i)))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			height = max(height, w.height(v.Index(i)))
		}
	}
	return height
}

// TestNestingIsBounded reads sources that go down deeper than anything may.
func TestNestingIsBounded(t *testing.T) {
	const deep = 100_000
	bounds := ParseBounds{Tokens: 1 << 20, Depth: 1000}
	for source, want := range map[string]string{
		strings.Repeat("(", deep):                                     "p:1: chunk has too many syntax levels",
		"x = " + strings.Repeat("{", deep):                            "p:1: chunk has too many syntax levels",
		"x = " + strings.Repeat("a[", deep):                           "p:1: chunk has too many syntax levels",
		"x = " + strings.Repeat("- ", deep):                           "p:1: chunk has too many syntax levels",
		"x = " + strings.Repeat("not ", deep):                         "p:1: chunk has too many syntax levels",
		"x = " + strings.Repeat("a..", deep):                          "p:1: chunk has too many syntax levels",
		"x = " + strings.Repeat("a^", deep):                           "p:1: chunk has too many syntax levels",
		strings.Repeat("f(", deep):                                    "p:1: chunk has too many syntax levels",
		strings.Repeat("do ", deep):                                   "p:1: chunk has too many syntax levels",
		strings.Repeat("repeat ", deep):                               "p:1: chunk has too many syntax levels",
		strings.Repeat("x = function() ", deep):                       "p:1: chunk has too many syntax levels",
		strings.Repeat("if x then ", deep):                            "p:1: chunk has too many syntax levels",
		"x = a" + strings.Repeat("+a", deep):                          "p:1: source is nested too deeply",
		"x = a" + strings.Repeat(" or a", deep):                       "p:1: source is nested too deeply",
		"x = a" + strings.Repeat(".b", deep):                          "p:1: source is nested too deeply",
		"a" + strings.Repeat("()", deep):                              "p:1: source is nested too deeply",
		"a" + strings.Repeat(":b{}", deep):                            "p:1: source is nested too deeply",
		"function a" + strings.Repeat(".b", deep) + "() end":          "p:1: source is nested too deeply",
		"if x then" + strings.Repeat(" elseif x then", deep):          "p:1: 'end' expected near '<eof>'",
		"if x then" + strings.Repeat(" elseif x then", deep) + " end": "p:1: source is nested too deeply",
		strings.Repeat("x = 1 ", deep*4):                              "p:1: source has more than 1048576 tokens",
	} {
		if got := syntaxOf(t, source, bounds); got != want {
			t.Errorf("%.30q: got %s, want %s", source, got, want)
		}
	}
}
