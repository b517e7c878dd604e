package oracletest

import (
	"errors"
	"fmt"
	"strings"
)

const maxDepth = 64

// ParseFrame reads the text form of one frame; it is the inverse of Frame.String
// and accepts the form that is spread over lines too.
func ParseFrame(text string) (Frame, error) {
	p := goldenParser{rest: strings.TrimSpace(text)}
	f, err := p.frame(0)
	if err != nil {
		return Frame{}, err
	}
	if rest := strings.TrimSpace(p.rest); rest != "" {
		return Frame{}, fmt.Errorf("unexpected %.40q after a reply", rest)
	}
	return f, nil
}

type goldenParser struct{ rest string }

func (p *goldenParser) frame(depth int) (Frame, error) {
	p.rest = strings.TrimLeft(p.rest, " \n")
	if p.rest == "" {
		return Frame{}, errors.New("empty reply")
	}
	if depth > maxDepth {
		return Frame{}, errors.New("reply is nested too deeply")
	}
	kind := Kind(p.rest[0])
	switch {
	case kind == '"':
		text, err := p.quoted()
		return Frame{Kind: Bulk, Text: text}, err
	case kind == Replies:
		p.rest = p.rest[1:]
		return p.items(Replies, depth)
	case strings.HasPrefix(p.rest, "$-1"):
		return p.fixed(NullBulk, 3), nil
	case strings.HasPrefix(p.rest, "*-1"):
		return p.fixed(NullArray, 3), nil
	case strings.HasPrefix(p.rest, "closed"):
		return p.fixed(Disconnect, 6), nil
	case kind == Null:
		return p.fixed(Null, 1), nil
	case strings.IndexByte("+-:$,#(=*%~>", byte(kind)) < 0:
		return Frame{}, fmt.Errorf("%.20q is no reply", p.rest)
	}
	p.rest = p.rest[1:]
	if strings.HasPrefix(p.rest, "?") {
		f := p.fixed(kind, 1)
		f.Any = true
		return f, nil
	}
	return p.value(kind, depth)
}

func (p *goldenParser) fixed(kind Kind, length int) Frame {
	p.rest = p.rest[length:]
	return Frame{Kind: kind}
}

func (p *goldenParser) value(kind Kind, depth int) (Frame, error) {
	switch kind {
	case Array, Map, Set, Push:
		if !strings.HasPrefix(p.rest, "[") {
			return Frame{}, fmt.Errorf("%c without a bracket", kind)
		}
		p.rest = p.rest[1:]
		return p.items(kind, depth)
	case Status, Error:
		if strings.HasPrefix(p.rest, `"`) {
			text, err := p.quoted()
			return Frame{Kind: kind, Text: text}, err
		}
		if depth == 0 {
			text, rest, _ := strings.Cut(p.rest, "\n")
			p.rest = rest
			return Frame{Kind: kind, Text: text}, nil
		}
	case Verbatim:
		format, rest, found := strings.Cut(p.rest, ":")
		if !found || len(format) != 3 || !strings.HasPrefix(rest, `"`) {
			return Frame{}, errors.New(`verbatim text must be =fmt:"text"`)
		}
		p.rest = rest
		text, err := p.quoted()
		return Frame{Kind: kind, Text: format + ":" + text}, err
	case Bulk:
		return Frame{}, errors.New("a bulk string must be quoted")
	}
	end := strings.IndexAny(p.rest, " \n[]")
	if end < 0 {
		end = len(p.rest)
	}
	f := Frame{Kind: kind, Text: p.rest[:end]}
	p.rest = p.rest[end:]
	return f, nil
}

func (p *goldenParser) items(kind Kind, depth int) (Frame, error) {
	f := Frame{Kind: kind}
	for {
		p.rest = strings.TrimLeft(p.rest, " \n")
		if strings.HasPrefix(p.rest, "]") {
			p.rest = p.rest[1:]
			return f, nil
		}
		item, err := p.frame(depth + 1)
		if err != nil {
			return Frame{}, err
		}
		f.Items = append(f.Items, item)
	}
}

func (p *goldenParser) quoted() (string, error) {
	text, rest, err := unquote(p.rest)
	p.rest = rest
	return text, err
}
