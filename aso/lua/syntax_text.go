package lua

import (
	"math"
	"strconv"
)

// plainText writes tokens in the plainest way there is, each on its line, for the parser that makes the tree: so it can neither take a source for
// another one than we do, nor refuse what Lua 5.1 allows.
type plainText struct {
	text  []byte
	line  int
	gotos []int // where the name is that the parser takes for a keyword
}

func (p *plainText) write(x lexeme) {
	for ; p.line < x.line; p.line++ {
		p.text = append(p.text, '\n')
	}
	p.text = append(p.text, ' ')
	switch x.kind {
	case tokEOF:
	case tokName:
		if x.text == reservedByParser {
			p.gotos = append(p.gotos, len(p.text))
		}
		p.text = append(p.text, x.text...)
	case tokNumber:
		p.number(x.text)
	case tokString:
		p.quote(x.value)
	default:
		p.text = append(p.text, x.kind.String()...)
	}
}

func (p *plainText) number(text string) {
	n, _ := ParseNumber(text)
	switch {
	case math.IsInf(n, 1):
		p.text = append(p.text, "1e999"...)
	case n == math.Trunc(n) && n < 1e15:
		p.text = strconv.AppendInt(p.text, int64(n), 10)
	default:
		p.text = strconv.AppendFloat(p.text, n, 'g', -1, 64)
	}
}

func (p *plainText) quote(value string) {
	p.text = append(p.text, '"')
	for i := range len(value) {
		if c := value[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			p.text = append(p.text, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
		} else {
			p.text = append(p.text, c)
		}
	}
	p.text = append(p.text, '"')
}
