package oracletest

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var errQuotes = errors.New("unbalanced quotes")

// splitWords splits a command line as redis-cli does.
func splitWords(line string) ([]string, error) {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" {
			return words, nil
		}
		word, rest, err := nextWord(line)
		if err != nil {
			return nil, err
		}
		words, line = append(words, word), rest
	}
}

func nextWord(line string) (word, rest string, err error) {
	switch line[0] {
	case '"':
		word, rest, err = unquote(line)
	case '\'':
		word, rest, err = unquoteSingle(line)
	default:
		end := strings.IndexAny(line, " \t")
		if end < 0 {
			end = len(line)
		}
		return line[:end], line[end:], nil
	}
	if err == nil && rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		err = errQuotes
	}
	return word, rest, err
}

var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'a': '\a', 'b': '\b'}

// unquote reads the text in double quotes that s begins with.
func unquote(s string) (text, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], nil
		case c != '\\' || i+1 >= len(s):
			b.WriteByte(c)
		case s[i+1] == 'x' && i+3 < len(s) && isHex(s[i+2:i+4]):
			n, _ := strconv.ParseUint(s[i+2:i+4], 16, 8)
			b.WriteByte(byte(n))
			i += 3
		default:
			i++
			if e, ok := escapes[s[i]]; ok {
				b.WriteByte(e)
			} else {
				b.WriteByte(s[i])
			}
		}
	}
	return "", "", errQuotes
}

func unquoteSingle(s string) (text, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\'':
			return b.String(), s[i+1:], nil
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '\'':
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", errQuotes
}

func isHex(s string) bool {
	_, err := strconv.ParseUint(s, 16, 8)
	return err == nil
}

var placeholder = regexp.MustCompile(`(?s)<(i|now|nowms|(?:id|addr):\w+|(?:now|nowms)[+-]\d+|[^<>]+?\*\d+)>`)

// expand replaces the placeholders of a word. lookup gives the value of a name
// such as "i", "now" or "id:a".
func expand(word string, lookup func(name string) (string, error)) (string, error) {
	if !strings.Contains(word, "<") {
		return word, nil
	}
	var failed error
	out := placeholder.ReplaceAllStringFunc(word, func(m string) string {
		text, err := expandOne(m[1:len(m)-1], lookup)
		if err != nil {
			failed = fmt.Errorf("%s: %w", m, err)
		}
		return text
	})
	return out, failed
}

func expandOne(name string, lookup func(string) (string, error)) (string, error) {
	if i := strings.LastIndexByte(name, '*'); i > 0 {
		n, err := strconv.Atoi(name[i+1:])
		if err != nil || n*i > 64<<20 {
			return "", errors.New("too many repetitions")
		}
		return strings.Repeat(name[:i], n), nil
	}
	if i := strings.IndexAny(name, "+-"); i > 0 {
		base, err := lookup(name[:i])
		if err != nil {
			return "", err
		}
		at, _ := strconv.ParseInt(base, 10, 64)
		offset, err := strconv.ParseInt(name[i:], 10, 64)
		return strconv.FormatInt(at+offset, 10), err
	}
	return lookup(name)
}
