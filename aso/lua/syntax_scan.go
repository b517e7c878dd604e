package lua

import "strings"

// scanner makes tokens of a source, as llex.c of PUC Lua 5.1 does. What went wrong first is kept, and from then on all is at its end.
type scanner struct {
	source string
	pos    int // of the byte at hand
	line   int // of the byte at hand
	begin  int // where the line begins
	err    error
}

func newScanner(source string) scanner { return scanner{source: source, line: 1} }

func (s *scanner) fail(msg string) {
	if s.err == nil {
		s.err = &CompileError{s.line, msg}
	}
}

// endOfSource is what current returns behind the last byte.
const endOfSource = -1

func (s *scanner) current() int { return s.ahead(0) }

func (s *scanner) ahead(n int) int {
	if s.pos+n >= len(s.source) {
		return endOfSource
	}
	return int(s.source[s.pos+n])
}

func atNewline(c int) bool { return c == '\n' || c == '\r' }

// newline skips the end of a line, which is one byte, or two that differ.
func (s *scanner) newline() {
	old := s.current()
	s.pos++
	if c := s.current(); atNewline(c) && c != old {
		s.pos++
	}
	s.line++
	s.begin = s.pos
}

// scan returns the next token.
func (s *scanner) scan() lexeme {
	s.blank()
	x := lexeme{kind: tokEOF, line: s.line, column: s.pos - s.begin + 1}
	if s.err != nil {
		return x
	}
	switch c := s.current(); {
	case c == endOfSource:
	case isLetter(c):
		s.word(&x)
	case isDigit(c), c == '.' && isDigit(s.ahead(1)):
		s.number(&x)
	case c == '"' || c == '\'':
		s.quoted(&x)
	case c == '[':
		s.bracket(&x)
	default:
		s.symbol(&x)
	}
	if s.err != nil {
		x.kind = tokEOF
	}
	return x
}

// blank skips white space and comments.
func (s *scanner) blank() {
	for s.err == nil {
		switch c := s.current(); {
		case atNewline(c):
			s.newline()
		case c == ' ' || c == '\t' || c == '\v' || c == '\f':
			s.pos++
		case c == '-' && s.ahead(1) == '-':
			s.comment()
		default:
			return
		}
	}
}

func (s *scanner) comment() {
	s.pos += 2
	if s.current() == '[' {
		if level, ok := s.separator(); ok {
			s.long(level, false)
			return
		}
	}
	for c := s.current(); !atNewline(c) && c != endOfSource; c = s.current() {
		s.pos++
	}
}

func (s *scanner) word(x *lexeme) {
	start := s.pos
	for c := s.current(); isLetter(c) || isDigit(c); c = s.current() {
		s.pos++
	}
	x.kind, x.text = tokName, s.source[start:s.pos]
	if k, ok := reserved[x.text]; ok {
		x.kind = k
	}
}

// number reads a numeral. PUC Lua looks up the bytes that may follow in strings of C, whose last byte is NUL.
func (s *scanner) number(x *lexeme) {
	start := s.pos
	for c := s.current(); isDigit(c) || c == '.'; c = s.current() {
		s.pos++
	}
	if s.skip("Ee\x00") {
		s.skip("+-\x00")
	}
	for c := s.current(); isLetter(c) || isDigit(c); c = s.current() {
		s.pos++
	}
	x.kind = tokNumber
	x.text, _, _ = strings.Cut(s.source[start:s.pos], "\x00")
	if _, ok := ParseNumber(x.text); !ok {
		s.fail("malformed number" + x.near())
	}
}

// skip skips one of a set of bytes, if that is what comes.
func (s *scanner) skip(set string) bool {
	c := s.current()
	if c == endOfSource || strings.IndexByte(set, byte(c)) < 0 {
		return false
	}
	s.pos++
	return true
}

// pairs are the tokens that are a symbol and "=".
var pairs = map[int]tokenKind{'=': tokEqual, '<': tokLessEqual, '>': tokGreaterEqual, '~': tokNotEqual}

func (s *scanner) symbol(x *lexeme) {
	c := s.current()
	s.pos++
	x.kind = tokenKind(c)
	if pair, ok := pairs[c]; ok && s.skip("=") {
		x.kind = pair
	} else if c == '.' && s.skip(".\x00") {
		x.kind = tokConcat
		if s.skip(".\x00") {
			x.kind = tokDots
		}
	}
}

func isLetter(c int) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c int) bool { return '0' <= c && c <= '9' }
