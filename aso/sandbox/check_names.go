package sandbox

import (
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// nameCursor finds the places of names. The parser's tree knows no columns, and only the first line of an expression; but a walk in the order
// of the source meets the names and strings in the order of the tokens.
type nameCursor struct {
	tokens []ast.Token // names and strings
	next   int
}

func newNameCursor(text string) (n nameCursor) {
	scanner, lexer := parse.NewScanner(strings.NewReader(text), ""), &parse.Lexer{}
	for {
		tok, err := scanner.Scan(lexer)
		if err != nil || tok.Type == parse.EOF {
			return n
		}
		if tok.Type == parse.TIdent || tok.Type == parse.TString {
			n.tokens = append(n.tokens, tok)
		}
	}
}

// take returns the place of the next name, which stands in the given line or below.
func (n *nameCursor) take(name string, line int) place {
	if n.next < len(n.tokens) && n.tokens[n.next].Str == name {
		pos := n.tokens[n.next].Pos
		n.next++
		return place{pos.Line, pos.Column}
	}
	return place{line: line}
}
