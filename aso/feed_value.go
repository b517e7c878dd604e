package aso

import (
	"math"
	"slices"
	"strconv"

	"comet/aso/sandbox"
)

// feedValue is a value as feeds show it: a string as it is, anything else as JSON.
type feedValue struct {
	text    []byte
	omitted string // why there is no text; empty if there is
}

// maxFeedValue is how large a value may be, in bytes, that feeds show.
const maxFeedValue = 16 << 10

// Why a feed does not show a value.
const (
	omittedLarge   = "large"   // it exceeds maxFeedValue
	omittedUnknown = "unknown" // a part of a large value was changed where it stands
)

// feedValue returns the value in rec as feeds show it.
func (tx *Tx) feedValue(e *entry, rec record) feedValue {
	if rec.kind() == KindString {
		s, _, _ := tx.stringOf(e, rec)
		if len(s) > maxFeedValue {
			return feedValue{omitted: omittedLarge}
		}
		return feedValue{text: slices.Clone(s)}
	}
	if rec.has(isLarge) && memUsage(e.p.large.get(rec.handle())) > 2*maxFeedValue { // some of it may be room that is not used
		return feedValue{omitted: omittedLarge}
	}
	c := newCollection(rec.kind())
	tx.loadInto(c, e, rec)
	v, _ := collectionUpTo(c, math.MaxInt)
	text := appendJSON(nil, v)
	if len(text) > maxFeedValue {
		return feedValue{omitted: omittedLarge}
	}
	return feedValue{text: text}
}

// appendJSON appends v, which a value of the keyspace is made of, as JSON. Bytes from 0x80 on stay as they are: data need not be text.
func appendJSON(dst []byte, v sandbox.Value) []byte {
	switch v.Kind {
	case sandbox.Table:
		return appendTable(dst, v.Tab)
	case sandbox.Number:
		if math.IsInf(v.Num, 0) { // a score; JSON has no such number
			return strconv.AppendQuote(dst, strconv.FormatFloat(v.Num, 'g', -1, 64))
		}
		return strconv.AppendFloat(dst, v.Num, 'g', -1, 64)
	}
	return appendQuoted(dst, v.Str)
}

func appendTable(dst []byte, t *sandbox.Tab) []byte {
	if len(t.Fields) == 0 {
		dst = append(dst, '[')
		for i := range t.Array {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, t.Array[i])
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	for i := range t.Fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, t.Fields[i].Key.Str), ':')
		dst = appendJSON(dst, t.Fields[i].Value)
	}
	return append(dst, '}')
}

func appendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
