package lua

import (
	"fmt"
	"strings"
)

// tokenKind is a kind of token. One below 256 is the byte that it is.
type tokenKind int

const (
	tokAnd tokenKind = 257 + iota
	tokBreak
	tokDo
	tokElse
	tokElseif
	tokEnd
	tokFalse
	tokFor
	tokFunction
	tokIf
	tokIn
	tokLocal
	tokNil
	tokNot
	tokOr
	tokRepeat
	tokReturn
	tokThen
	tokTrue
	tokUntil
	tokWhile
	tokConcat
	tokDots
	tokEqual
	tokGreaterEqual
	tokLessEqual
	tokNotEqual
	tokNumber
	tokName
	tokString
	tokEOF
)

// tokenTexts is what messages call the kinds from tokAnd on.
var tokenTexts = [...]string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
	"..", "...", "==", ">=", "<=", "~=", "<number>", "<name>", "<string>", "<eof>",
}

// reserved maps words to their kinds.
var reserved = func() map[string]tokenKind {
	m := map[string]tokenKind{}
	for k := tokAnd; k <= tokWhile; k++ {
		m[k.String()] = k
	}
	return m
}()

func (k tokenKind) String() string {
	switch {
	case k >= tokAnd:
		return tokenTexts[k-tokAnd]
	case k < ' ' || k == 0x7f:
		return fmt.Sprintf("char(%d)", int(k))
	default:
		return string([]byte{byte(k)})
	}
}

// lexeme is a token of a source.
type lexeme struct {
	kind   tokenKind
	text   string // of names, numbers and strings: what messages show
	value  string // of strings
	line   int    // where it begins
	column int    // where it begins, from 1, in bytes
}

// near is the end of a message that tells at which token something is wrong. It stops at a NUL byte, as strings of C do, and there is none for the
// token that is a NUL byte.
func (x lexeme) near() string {
	switch x.kind {
	case 0:
		return ""
	case tokName, tokNumber, tokString:
		text, _, _ := strings.Cut(x.text, "\x00")
		return " near '" + text + "'"
	default:
		return " near '" + x.kind.String() + "'"
	}
}
