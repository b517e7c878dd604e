package wire

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// FuzzReader compares the Reader, fed in two ways, with a parser that has the
// whole input and no memory to save.
func FuzzReader(f *testing.F) {
	for _, edge := range edges {
		f.Add([]byte(edge.input), uint16(3), edge.noAuth)
	}
	f.Add([]byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\nSET \"a b\" 'c'\r\n*1\r\n$40000\r\nx"), uint16(7), false)
	f.Fuzz(func(t *testing.T, input []byte, step uint16, noAuth bool) {
		if len(input) > maxLine {
			return
		}
		limits := Limits{MaxBulk: 50000, MaxCommand: 1 << 20, Unauthenticated: noAuth}
		commands, err := parseWhole(string(input), limits)
		want := fmt.Sprintf("%q %v", commands, err)
		var pieces [][]byte
		for rest := input; len(rest) > 0; {
			n := min(len(rest), 1+int(step))
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		for _, pieces := range [][][]byte{{input}, pieces} {
			commands, err := feed(NewReader(limits), pieces...)
			if got := fmt.Sprintf("%q %v", commands, err); got != want {
				t.Fatalf("%d pieces of %q:\ngot  %s\nwant %s", len(pieces), input, got, want)
			}
		}
	})
}

// parseWhole is networking.c and sds.c told in strings.
func parseWhole(in string, limits Limits) (commands [][]string, err error) {
	for in != "" {
		var words []string
		if in[0] != '*' {
			line, rest, ok := cutLine(in, "\n")
			if !ok {
				return commands, nil
			}
			if words, ok = splitWhole(strings.TrimSuffix(line, "\r")); !ok {
				return commands, errUnbalanced
			}
			in = rest
		} else {
			line, rest, ok := cutLine(in, "\r")
			if !ok || rest == "" {
				return commands, nil
			}
			n, ok := strictInt(line[1:])
			switch {
			case !ok || n > maxCount:
				return commands, errCount
			case n > 10 && limits.Unauthenticated:
				return commands, errCountNoAuth
			}
			in = rest[1:]
			var complete bool
			words, in, complete, err = argumentsWhole(in, n, limits)
			if err != nil || !complete {
				return commands, err
			}
		}
		if len(words) > 0 {
			commands = append(commands, words)
		}
	}
	return commands, nil
}

func argumentsWhole(in string, n int64, limits Limits) (words []string, rest string, complete bool, err error) {
	var size int64
	for range n {
		line, rest, ok := cutLine(in, "\r")
		if !ok || rest == "" {
			return nil, in, false, nil
		}
		if in[0] != '$' {
			return nil, in, false, errExpectedDollar(in[0])
		}
		length, ok := strictInt(line[1:])
		size += length + argOverhead
		switch {
		case !ok || length < 0 || length > limits.MaxBulk:
			return nil, in, false, errLength
		case length > 16384 && limits.Unauthenticated:
			return nil, in, false, errLengthNoAuth
		case size > limits.MaxCommand:
			return nil, in, false, ErrCommandTooLarge
		}
		rest = rest[1:]
		if int64(len(rest)) < length+2 {
			return nil, in, false, nil
		}
		words = append(words, rest[:length])
		in = rest[length+2:]
	}
	return words, in, true, nil
}

// cutLine is strchr: a NUL ends the search.
func cutLine(in, end string) (line, rest string, ok bool) {
	i := strings.IndexAny(in, end+"\x00")
	if i < 0 || in[i] == 0 {
		return "", "", false
	}
	return in[:i], in[i+1:], true
}

func strictInt(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == s
}

func splitWhole(line string) (words []string, ok bool) {
	const spaces = " \t\n\v\f\r"
	for {
		line = strings.TrimLeft(line, spaces)
		if line == "" {
			return words, true
		}
		var word strings.Builder
		for line != "" && !strings.ContainsRune(" \t\n\r", rune(line[0])) {
			c := line[0]
			line = line[1:]
			if c != '"' && c != '\'' {
				word.WriteByte(c)
				continue
			}
			if line, ok = quotedWhole(&word, line, c); !ok {
				return nil, false
			}
			if line != "" && !strings.ContainsRune(spaces, rune(line[0])) {
				return nil, false
			}
			break
		}
		words = append(words, word.String())
	}
}

func quotedWhole(word *strings.Builder, line string, quote byte) (rest string, ok bool) {
	for line != "" {
		switch {
		case line[0] == quote:
			return line[1:], true
		case quote == '\'' && strings.HasPrefix(line, `\'`):
			word.WriteByte('\'')
			line = line[2:]
		case quote == '"' && line[0] == '\\' && len(line) > 1:
			if len(line) >= 4 && line[1] == 'x' {
				if n, err := strconv.ParseUint(line[2:4], 16, 8); err == nil {
					word.WriteByte(byte(n))
					line = line[4:]
					continue
				}
			}
			if i := strings.IndexByte("nrtba", line[1]); i >= 0 {
				word.WriteByte("\n\r\t\b\a"[i])
			} else {
				word.WriteByte(line[1])
			}
			line = line[2:]
		default:
			word.WriteByte(line[0])
			line = line[1:]
		}
	}
	return "", false
}
