package command

import (
	"bytes"
	"slices"

	"comet/aso"
	"comet/aso/sandbox"
)

// sortPattern is what BY and GET are given: the name of a key, in which the element takes the place of the first *, and perhaps after -> a
// field of the hash that is there.
type sortPattern struct {
	star                  bool
	element               bool // the pattern is #: the element itself
	prefix, suffix, field []byte

	next  int        // which of those ahead is to be looked up next
	keys  [][]byte   // those ahead
	hints []aso.Hint // theirs
	text  []byte     // their bytes
}

// newSortPattern reads a pattern as Redis does, which looks for *, -> and # in what C takes for a string: up to the first zero byte.
func newSortPattern(text []byte) sortPattern {
	before, _, _ := bytes.Cut(text, []byte{0})
	star := bytes.IndexByte(before, '*')
	if star < 0 {
		return sortPattern{element: string(before) == "#"}
	}
	p := sortPattern{star: true, prefix: text[:star], suffix: text[star+1:]}
	if arrow := bytes.Index(before[star+1:], []byte("->")); arrow >= 0 && star+1+arrow+2 < len(before) {
		p.suffix, p.field = p.suffix[:arrow], p.suffix[arrow+2:]
	}
	return p
}

// aheadOf is how many elements SORT fetches from memory together what a pattern leads to. One after the other the look-ups would wait for main memory
// each.
const aheadOf = 64

// advance readies p for a look-up from the element i of items, after one from the element before.
func (s *sorter) advance(p *sortPattern, items []sortItem, i int) {
	if !p.star {
		return
	}
	if p.next = i % aheadOf; p.next > 0 {
		return
	}
	s.c.Tx.Expect(nil, aso.Hint{}) // the bytes of keys change
	p.keys, p.hints, p.text = p.keys[:0], p.hints[:0], p.text[:0]
	for _, item := range items[i:min(i+aheadOf, len(items))] {
		start := len(p.text)
		p.text = append(append(append(p.text, p.prefix...), s.element(item.at)...), p.suffix...)
		key := p.text[start:]
		p.keys, p.hints = append(p.keys, key), append(p.hints, aso.HintFor(key))
	}
	s.c.Tx.Prefetch(s.c.Session.db, p.hints)
}

// lookup returns the string, or the field, that p leads to from an element, as it is stored. A key of another type is as none.
func (s *sorter) lookup(p *sortPattern, text []byte) (v []byte, ok bool) {
	switch {
	case p.element:
		return text, true
	case !p.star:
		return nil, false
	}
	tx, key, hint := s.c.Tx, p.keys[p.next], p.hints[p.next]
	if p.field == nil {
		return tx.HintedString(key, hint)
	}
	tx.Expect(key, hint)
	v, ok, _ = tx.HashField(key, p.field)
	return v, ok
}

// asks reports whether a handler has a say in what p leads to, which the last look-up has found.
func (s *sorter) asks(p *sortPattern) bool {
	return s.acts && p.star && s.c.Tx.Handlers(p.keys[p.next]).Has(sandbox.OnGet)
}

// ask runs onGet of the object at the key of p's last look-up. As in MGET, a value whose handler refuses or fails looks missing, and what the
// handler did is taken back.
func (s *sorter) ask(p *sortPattern) (*sandbox.Outcome, error) {
	tx := s.c.Tx
	m := tx.Mark()
	outcome, err := s.c.handle(slices.Clone(p.keys[p.next]), sandbox.OnGet, s.c)
	if err != nil {
		return &sandbox.Outcome{Verdict: sandbox.Missing}, tx.Rollback(m)
	}
	tx.Release(m)
	return outcome, nil
}

// read returns what a client would read where p leads from an element; made means that a handler has made it.
func (s *sorter) read(p *sortPattern, text []byte) (v []byte, ok, made bool, err error) {
	v, ok = s.lookup(p, text)
	if !ok || !s.asks(p) {
		return v, ok, false, nil
	}
	v = slices.Clone(v)
	outcome, err := s.ask(p)
	switch {
	case err != nil:
		return nil, false, false, err
	case outcome.Verdict == sandbox.Missing:
		return nil, false, false, nil
	case outcome.Verdict == sandbox.Replace:
		v, ok = outcome.Value.AppendText(nil)
		return v, ok, true, nil
	}
	return v, true, false, nil
}

// replyFound replies with what a client would read where p leads from an element, or null.
func (s *sorter) replyFound(p *sortPattern, text []byte) error {
	start := s.c.Reply.Len()
	v, ok := s.lookup(p, text)
	s.c.bulkOrNull(v, ok)
	if !ok || !s.asks(p) {
		return nil
	}
	outcome, err := s.ask(p)
	s.c.showOutcome(start, outcome)
	return err
}
