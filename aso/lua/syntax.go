package lua

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// ParseBounds are the bounds of Parse.
type ParseBounds struct {
	Tokens int
	Depth  int // of the tree
	Calls  int // of Go code around it: PUC Lua has 200 levels for all
}

// mostLevels is how deep blocks and expressions may stand in one another in PUC Lua: LUAI_MAXCCALLS.
const mostLevels = 200

// Parse makes the tree of a source. It takes what PUC Lua 5.1 takes, and refuses the rest in the words of PUC Lua; the error is a *CompileError.
// The grammar is read twice: first by code of our own, which knows the words and the bounds, and then, written in the plainest way, by gopher-lua's
// parser, which makes the tree.
func Parse(source, chunk string, bounds ParseBounds) ([]ast.Stmt, error) {
	g := newGrammar(source, bounds)
	g.main()
	if g.err != nil {
		return nil, g.err
	}
	return g.plain.parse(chunk)
}

// parse makes the tree of the text. It fails if Lua 5.1 allows what the parser does not.
func (p *plainText) parse(chunk string) ([]ast.Stmt, error) {
	alias := ""
	if len(p.gotos) > 0 {
		alias = p.rename()
	}
	stmts, err := parse.Parse(bytes.NewReader(p.text), chunk)
	if err != nil {
		return nil, parserError(err)
	}
	if alias != "" {
		renamer(alias).stmts(stmts)
	}
	return stmts, nil
}

func parserError(err error) error {
	var pe *parse.Error
	if errors.As(err, &pe) {
		return &CompileError{pe.Pos.Line, fmt.Sprintf("%s near '%s'", pe.Message, pe.Token)}
	}
	return &CompileError{0, err.Error()}
}

// Word is a name or a string of a source.
type Word struct {
	Text         string
	Line, Column int // where it begins, from 1
}

// Words returns the names and the strings of a source in their order, up to what is no token.
func Words(source string) (words []Word) {
	s := newScanner(source)
	for {
		switch x := s.scan(); x.kind {
		case tokEOF:
			return words
		case tokName:
			words = append(words, Word{x.text, x.line, x.column})
		case tokString:
			words = append(words, Word{x.value, x.line, x.column})
		}
	}
}
