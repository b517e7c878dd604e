package command

import (
	"bytes"
	"cmp"
	"slices"

	"comet/aso/value"
)

// weigh finds out what the elements are compared by.
func (s *sorter) weigh() error {
	if s.alpha {
		return s.weighTexts()
	}
	failed := false
	for i := range s.items {
		item := &s.items[i]
		v := s.element(item.at)
		if s.by != nil {
			s.advance(s.by, s.items, i)
			var found bool
			var err error
			if v, found, _, err = s.read(s.by, v); err != nil {
				return err
			}
			if !found {
				continue // it weighs 0
			}
		}
		weight, ok := sortWeight(v)
		item.weight, failed = weight, failed || !ok
	}
	if failed {
		return errNotScores
	}
	return nil
}

// sortWeight returns what strtod makes of a text.
func sortWeight(text []byte) (weight float64, ok bool) {
	if n, ok := value.ParseInt(text); ok {
		return float64(n), true
	}
	return value.ParseCFloat(text)
}

// weighTexts is weigh for ALPHA. What is not stored Redis compares as C strings, which end at a zero byte.
func (s *sorter) weighTexts() error {
	s.keys = make([][]byte, len(s.items))
	for i := range s.items {
		text := s.element(i)
		if s.by != nil {
			s.advance(s.by, s.items, i)
			v, found, _, err := s.read(s.by, text)
			if err != nil {
				return err
			}
			if !found {
				continue
			}
			text = append([]byte{}, v...)
		}
		if s.store == 0 {
			text, _, _ = bytes.Cut(text, []byte{0})
		}
		s.keys[i] = text
	}
	return nil
}

// compare says which of two elements comes first with ALPHA. Zero means that Redis does not care.
func (s *sorter) compare(a, b sortItem) int {
	c := compareTexts(s.keys[a.at], s.keys[b.at])
	if s.desc {
		return -c
	}
	return c
}

// compareTexts compares two texts; nil, of elements whose pattern leads to nothing, comes first.
func compareTexts(a, b []byte) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return bytes.Compare(a, b)
}

// order sorts the items, of which only those from from to to are asked for. Elements that compare equal get the order that they have in
// Redis: that of the value, or what its partial quicksort leaves.
func (s *sorter) order(from, to int) {
	switch {
	case !s.alpha:
		s.orderByWeight()
	case s.by == nil || from == 0 && to == len(s.items):
		slices.SortFunc(s.items, s.compareStable)
	default:
		partialSort(s.items, func(a, b *sortItem) int { return s.compare(*a, *b) }, from, to-1)
	}
}

// compareStable is compare, but equal elements stay in their order.
func (s *sorter) compareStable(a, b sortItem) int {
	if c := s.compare(a, b); c != 0 {
		return c
	}
	return cmp.Compare(a.at, b.at)
}
