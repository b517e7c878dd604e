package wire

// inline reads one line of words; it reports false when the line is incomplete.
func (r *Reader) inline() (bool, error) {
	end := r.lineEnd('\n')
	if end < 0 {
		return r.incompleteLine(errInlineTooBig)
	}
	next := end + 1
	if end > r.pos && r.buf.chunk[end-1] == '\r' {
		end--
	}
	args, ok := SplitWords(r.args, r.buf.chunk[r.pos:end])
	if !ok {
		return false, errUnbalanced
	}
	r.args = args
	r.pos, r.scanned = next, 0
	return true, nil
}

// SplitWords appends the words of a line by the rules of Redis' sdssplitargs:
// double quotes know escapes, single quotes only \', and a closing quote must end
// the word. Words are unquoted in place, so the line's bytes change; words of
// BigArg bytes or more are copied. It reports false when quotes are unbalanced.
func SplitWords(args [][]byte, line []byte) ([][]byte, bool) {
	for i := 0; ; {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) {
			return args, true
		}
		word, next, ok := readWord(line, i)
		if !ok {
			return nil, false
		}
		if len(word) >= BigArg {
			word = append(make([]byte, 0, len(word)), word...)
		}
		args = append(args, word)
		i = next
	}
}

// readWord unquotes the word at i; it never grows, so it is written over itself.
func readWord(line []byte, i int) (word []byte, next int, ok bool) {
	start, w := i, i
	for i < len(line) && !endsWord(line[i]) {
		quote := line[i]
		if quote != '"' && quote != '\'' {
			line[w] = quote
			w++
			i++
			continue
		}
		w, i, ok = readQuoted(line, w, i+1, quote)
		if !ok || (i < len(line) && !isSpace(line[i])) {
			return nil, 0, false
		}
		return line[start:w:w], i, true
	}
	return line[start:w:w], i, true
}

// readQuoted unquotes from i to the closing quote, writing at w. It returns the
// new w and the position after the quote.
func readQuoted(line []byte, w, i int, quote byte) (int, int, bool) {
	for i < len(line) {
		c := line[i]
		i++
		switch {
		case c == quote:
			return w, i, true
		case c == '\\' && quote == '"' && i < len(line):
			c, i = readEscape(line, i)
		case c == '\\' && i < len(line) && line[i] == '\'':
			c = '\''
			i++
		}
		line[w] = c
		w++
	}
	return 0, 0, false
}

// readEscape decodes what follows a backslash in double quotes.
func readEscape(line []byte, i int) (byte, int) {
	if line[i] == 'x' && i+2 < len(line) {
		high, ok1 := hexDigit(line[i+1])
		low, ok2 := hexDigit(line[i+2])
		if ok1 && ok2 {
			return high<<4 | low, i + 3
		}
	}
	switch c := line[i]; c {
	case 'n':
		return '\n', i + 1
	case 'r':
		return '\r', i + 1
	case 't':
		return '\t', i + 1
	case 'b':
		return '\b', i + 1
	case 'a':
		return '\a', i + 1
	default:
		return c, i + 1
	}
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// isSpace is C's isspace.
func isSpace(c byte) bool { return c == ' ' || (c >= '\t' && c <= '\r') }

// endsWord knows fewer bytes than isSpace, as sdssplitargs does.
func endsWord(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
