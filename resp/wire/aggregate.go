package wire

import (
	"slices"
	"strconv"

	"github.com/tidwall/redcon"
)

// Array begins an array of n elements, which are appended next.
func (r *Reply) Array(n int) { r.buf = redcon.AppendArray(r.buf, n) }

// Map begins a map of n pairs: an array of 2n elements in RESP2.
func (r *Reply) Map(n int) {
	kind, n := r.mapHeader(n)
	r.buf = appendHeader(r.buf, kind, n)
}

// Set begins a set of n elements: an array in RESP2.
func (r *Reply) Set(n int) { r.buf = appendHeader(r.buf, r.kind('~'), n) }

// Push begins an out-of-band message of n elements: an array in RESP2.
func (r *Reply) Push(n int) { r.buf = appendHeader(r.buf, r.kind('>'), n) }

// Defer marks where an aggregate begins whose length is not known yet. Its
// elements are appended next, and then SetArray, SetMap or SetSet puts the length
// there. Nested ones are set from the inside out.
func (r *Reply) Defer() int { return len(r.buf) }

// SetArray makes what was appended since at an array of n elements.
func (r *Reply) SetArray(at, n int) { r.insertHeader(at, '*', n) }

// SetMap makes what was appended since at a map of n pairs.
func (r *Reply) SetMap(at, n int) {
	kind, n := r.mapHeader(n)
	r.insertHeader(at, kind, n)
}

// SetSet makes what was appended since at a set of n elements.
func (r *Reply) SetSet(at, n int) { r.insertHeader(at, r.kind('~'), n) }

func (r *Reply) insertHeader(at int, kind byte, n int) {
	var header [24]byte
	r.buf = slices.Insert(r.buf, at, appendHeader(header[:0], kind, n)...)
}

func (r *Reply) mapHeader(pairs int) (byte, int) {
	if r.resp3 {
		return '%', pairs
	}
	return '*', 2 * pairs
}

// kind is the type byte of an aggregate that RESP2 knows only as an array.
func (r *Reply) kind(resp3 byte) byte {
	if r.resp3 {
		return resp3
	}
	return '*'
}

func appendHeader(b []byte, kind byte, n int) []byte {
	b = append(b, kind)
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, '\r', '\n')
}
