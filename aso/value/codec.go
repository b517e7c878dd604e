package value

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrCorrupt is wrapped by the errors of all Decode methods.
var ErrCorrupt = errors.New("corrupt value")

// An encoded value starts with its form. A packed one goes on with the packed
// bytes; a large one with the number of its entries, then the entries.
const (
	formPacked byte = iota
	formLarge       // large, though Redis would still have the compact encoding
	formTable       // large, with the encoding of Redis' large ones
)

func largeForm(table bool) byte {
	if table {
		return formTable
	}
	return formLarge
}

// reader reads untrusted bytes. After an error all it returns is zero.
type reader struct {
	kind string
	all  []byte // everything behind the form
	at   int
	err  error
}

func newReader(kind string, b []byte) (form byte, r *reader, err error) {
	r = &reader{kind: kind}
	if len(b) == 0 || b[0] > formTable {
		r.fail("unknown form")
		return 0, r, r.err
	}
	r.all = b[1:]
	return b[0], r, nil
}

func (r *reader) fail(reason string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s: %s at byte %d", ErrCorrupt, r.kind, reason, r.at)
	}
}

func (r *reader) rest() int { return len(r.all) - r.at }

func (r *reader) bytes(n int) []byte {
	if r.err != nil || n > r.rest() {
		r.fail("unexpected end")
		return nil
	}
	b := r.all[r.at : r.at+n : r.at+n]
	r.at += n
	return b
}

func (r *reader) count16() int {
	if b := r.bytes(countSize); b != nil {
		return int(binary.LittleEndian.Uint16(b))
	}
	return 0
}

// length reads a uvarint in its shortest form that is at most what is left.
func (r *reader) length() int {
	if r.err != nil {
		return 0
	}
	v, size := binary.Uvarint(r.all[r.at:])
	if size <= 0 || v > uint64(r.rest()) || size != uvarintLen(int(v)) {
		r.fail("bad length")
		return 0
	}
	r.at += size
	return int(v)
}

func (r *reader) chunk() []byte { return r.bytes(r.length()) }

// end is the error so far; bytes left over are one.
func (r *reader) end() error {
	if r.rest() > 0 {
		r.fail("bytes left over")
	}
	return r.err
}

// checkPacked verifies packed entries that are made of parts strings, of which
// the first must differ from entry to entry.
func checkPacked(r *reader, parts int) error {
	if r.rest() == 0 {
		return r.err
	}
	n := r.count16()
	if n == 0 {
		r.fail("no entries")
	}
	seen := newDistinct(n)
	for i := 0; i < n && r.err == nil; i++ {
		first := r.chunk()
		for range parts - 1 {
			r.chunk()
		}
		if r.err == nil && !seen.add(first) {
			r.fail("duplicate entry")
		}
	}
	return r.end()
}

// fill reads the entries of a large value into a dict, by set.
func (r *reader) fill(d *dict, set func(key, value []byte) (created bool), next func() (key, value []byte)) error {
	n := r.length() // at most the bytes left: each entry has at least one
	d.reserve(n)
	for i := 0; i < n && r.err == nil; i++ {
		key, value := next()
		if r.err == nil && !set(key, value) {
			r.fail("duplicate entry")
		}
	}
	return r.end()
}

// distinct finds duplicates among at most n strings.
type distinct struct {
	few  [][]byte
	many *dict
	buf  [maxFew][]byte
}

// maxFew is the number of strings up to which comparing all pairs is cheap.
const maxFew = 32

func newDistinct(n int) *distinct {
	s := &distinct{}
	if n > maxFew {
		d := newDict(0)
		s.many = &d
	}
	s.few = s.buf[:0]
	return s
}

// add reports whether a string is new.
func (s *distinct) add(b []byte) bool {
	if s.many != nil {
		return s.many.set(b, nil)
	}
	for _, f := range s.few {
		if string(f) == string(b) {
			return false
		}
	}
	s.few = append(s.few, b)
	return true
}
