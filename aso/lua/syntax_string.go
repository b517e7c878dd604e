package lua

import "strings"

// separator skips a bracket and the "=" behind it. It reports how many those are, and whether the same bracket follows.
func (s *scanner) separator() (level int, ok bool) {
	bracket := s.current()
	s.pos++
	for s.current() == '=' {
		s.pos++
		level++
	}
	return level, s.current() == bracket
}

// bracket reads "[", or a string in long brackets.
func (s *scanner) bracket(x *lexeme) {
	start := s.pos
	level, ok := s.separator()
	switch {
	case ok:
		x.kind, x.text = tokString, s.long(level, true)
		if s.err == nil {
			x.value = x.text[level+2 : len(x.text)-level-2]
		}
	case level == 0:
		x.kind = '['
	default:
		s.fail("invalid long string delimiter near '" + s.source[start:s.pos] + "'")
	}
}

// long reads what stands in long brackets, from the second bracket on, and returns it with the brackets if it is a string. All ends of lines
// are "\n" there, and one right behind the brackets is left out.
func (s *scanner) long(level int, isString bool) string {
	var text strings.Builder
	s.pos++
	if isString {
		text.WriteString(s.source[s.pos-level-2 : s.pos])
	}
	if atNewline(s.current()) {
		s.newline()
	}
	for from := s.pos; ; {
		switch c := s.current(); {
		case c == endOfSource:
			s.fail("unfinished long " + map[bool]string{true: "string", false: "comment"}[isString] + " near '<eof>'")
			return ""
		case atNewline(c):
			if isString {
				text.WriteString(s.source[from:s.pos] + "\n")
			}
			s.newline()
			from = s.pos
		case c == ']':
			if n, ok := s.separator(); ok && n == level {
				s.pos++
				if isString {
					text.WriteString(s.source[from:s.pos])
				}
				return text.String()
			}
		default:
			s.pos++
		}
	}
}

// escapes are the letters that stand for a byte behind a backslash.
var escapes = map[int]byte{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// quoted reads a string in quotes. What messages show of it is its value with the quotes.
func (s *scanner) quoted(x *lexeme) {
	delimiter := s.current()
	text := []byte{byte(delimiter)}
	s.pos++
	x.kind = tokString
	for from := s.pos; ; {
		c := s.current()
		if c != delimiter && c != '\\' && c != endOfSource && !atNewline(c) {
			s.pos++
			continue
		}
		text = append(text, s.source[from:s.pos]...)
		switch {
		case c == delimiter:
			s.pos++
			x.text = string(append(text, byte(delimiter)))
			x.value = x.text[1 : len(x.text)-1]
			return
		case c == '\\':
			text = s.escape(text)
			from = s.pos
		case c == endOfSource:
			s.fail("unfinished string near '<eof>'")
		default:
			s.failIn("unfinished string", text)
		}
		if s.err != nil {
			return
		}
	}
}

func (s *scanner) failIn(msg string, text []byte) {
	s.fail(msg + lexeme{kind: tokString, text: string(text)}.near())
}

// escape reads what a backslash begins. What it stands for is appended to text.
func (s *scanner) escape(text []byte) []byte {
	s.pos++
	c := s.current()
	if b, ok := escapes[c]; ok {
		s.pos++
		return append(text, b)
	}
	switch {
	case c == endOfSource: // the caller meets it again
		return text
	case atNewline(c):
		s.newline()
		return append(text, '\n')
	case !isDigit(c):
		s.pos++
		return append(text, byte(c))
	}
	n := 0
	for i := 0; i < 3 && isDigit(s.current()); i++ {
		n = 10*n + s.current() - '0'
		s.pos++
	}
	if n > 255 {
		s.failIn("escape sequence too large", text)
	}
	return append(text, byte(n))
}
