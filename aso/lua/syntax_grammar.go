package lua

import "fmt"

// grammar reads the tokens of a source by the grammar of Lua 5.1, as lparser.c of PUC Lua does, without making anything of it: so the first thing that
// is wrong is what PUC Lua finds first. Functions that read a part of the source return the height of its tree.
type grammar struct {
	scanner
	bounds ParseBounds
	plain  plainText
	tok    lexeme
	peeked lexeme
	looked bool // peeked is the token behind tok
	last   int  // the line of the token before
	tokens int
	levels int
	fn     *body
}

func newGrammar(source string, bounds ParseBounds) *grammar {
	g := &grammar{scanner: newScanner(source), bounds: bounds, levels: bounds.Calls}
	g.plain = plainText{text: make([]byte, 0, len(source)+len(source)/4), line: 1}
	return g
}

// main reads a source.
func (g *grammar) main() (height int) {
	g.fn = &body{vararg: true}
	g.next()
	height = g.chunk()
	g.check(tokEOF)
	return height
}

// take reads a token.
func (g *grammar) take() lexeme {
	x := g.scan()
	g.plain.write(x)
	if g.tokens++; g.tokens > g.bounds.Tokens {
		g.fail(fmt.Sprintf("source has more than %d tokens", g.bounds.Tokens))
		x.kind = tokEOF
	}
	return x
}

func (g *grammar) next() {
	g.last = g.line
	if g.looked {
		g.tok, g.looked = g.peeked, false
		return
	}
	g.tok = g.take()
}

func (g *grammar) look() tokenKind {
	g.peeked, g.looked = g.take(), true
	return g.peeked.kind
}

// fail keeps what went wrong first, and goes to the end of the source.
func (g *grammar) fail(msg string) {
	g.scanner.fail(msg)
	g.tok, g.looked = lexeme{kind: tokEOF}, false
}

// failHere fails at the token at hand.
func (g *grammar) failHere(msg string) { g.fail(msg + g.tok.near()) }

// accept skips a token if it is the one at hand.
func (g *grammar) accept(k tokenKind) bool {
	if g.tok.kind != k {
		return false
	}
	g.next()
	return true
}

func (g *grammar) check(k tokenKind) {
	if g.tok.kind != k {
		g.failHere(fmt.Sprintf("'%s' expected", k))
	}
}

func (g *grammar) expect(k tokenKind) {
	g.check(k)
	g.next()
}

// closes expects the token that closes what another one opened.
func (g *grammar) closes(k, opener tokenKind, line int) {
	switch {
	case g.accept(k):
	case line == g.line:
		g.check(k)
	default:
		g.failHere(fmt.Sprintf("'%s' expected (to close '%s' at line %d)", k, opener, line))
	}
}

func (g *grammar) name() string {
	g.check(tokName)
	name := g.tok.text
	g.next()
	return name
}

// enter counts a level of recursion.
func (g *grammar) enter() {
	if g.levels++; g.levels > mostLevels {
		g.fail("chunk has too many syntax levels")
	}
}

func (g *grammar) leave() { g.levels-- }

// tall returns a height, and refuses one that is too much for those who go down the tree.
func (g *grammar) tall(height int) int {
	if height > g.bounds.Depth {
		g.fail("source is nested too deeply")
	}
	return height
}

// follows reports whether the token at hand ends a block.
func (g *grammar) follows() bool {
	switch g.tok.kind {
	case tokElse, tokElseif, tokEnd, tokUntil, tokEOF:
		return true
	}
	return false
}

// chunk reads statements. Their variables stay visible.
func (g *grammar) chunk() (height int) {
	g.enter()
	for last := false; !last && !g.follows(); {
		last = g.tok.kind == tokReturn || g.tok.kind == tokBreak
		height = max(height, g.statement())
		g.accept(';')
		g.fn.free = len(g.fn.active)
	}
	g.leave()
	return g.tall(height + 1)
}

func (g *grammar) block(names ...string) int {
	mark := len(g.fn.active)
	g.show(names...)
	g.reserve(len(names))
	height := g.chunk()
	g.hide(mark)
	return height
}

// loop reads what stands in a loop.
func (g *grammar) loop(read func() int) int {
	g.fn.loops++
	height := read()
	g.fn.loops--
	return height
}
