package sandbox

import "comet/aso/lua"

// nameCursor finds the places of names. The parser's tree knows no columns, and only the first line of an expression; but a walk in the order
// of the source meets the names and strings in the order of the tokens.
type nameCursor struct {
	words []lua.Word
	next  int
}

func newNameCursor(text string) nameCursor { return nameCursor{words: lua.Words(text)} }

// take returns the place of the next name, which stands in the given line or below.
func (n *nameCursor) take(name string, line int) place {
	if n.next < len(n.words) && n.words[n.next].Text == name {
		word := n.words[n.next]
		n.next++
		return place{word.Line, word.Column}
	}
	return place{line: line}
}
