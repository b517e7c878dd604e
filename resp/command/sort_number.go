package command

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

// orderByWeight sorts the items by weight, those of one weight by their texts.
func (s *sorter) orderByWeight() {
	const worthIt = 64
	if len(s.items) < worthIt {
		slices.SortFunc(s.items, func(a, b sortItem) int {
			if a.weight != b.weight {
				return cmp.Compare(a.weight, b.weight)
			}
			return s.compareElements(a, b)
		})
	} else {
		s.radixSort()
		s.orderTies()
	}
	if s.desc {
		slices.Reverse(s.items)
	}
}

func (s *sorter) compareElements(a, b sortItem) int {
	return bytes.Compare(s.element(a.at), s.element(b.at))
}

// orderTies sorts the items of each weight by their texts.
func (s *sorter) orderTies() {
	for from := 0; from < len(s.items); {
		to := from + 1
		for to < len(s.items) && s.items[to].weight == s.items[from].weight {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(s.items[from:to], s.compareElements)
		}
		from = to
	}
}

// radixSort sorts the items by their weights, none of which is NaN: byte by byte, the lowest first, without the bytes that are the same in all.
func (e *sortElements) radixSort() {
	items := e.items
	var differ uint64
	first := ordered(items[0].weight)
	for i := range items {
		differ |= ordered(items[i].weight) ^ first
	}
	other := slices.Grow(e.other[:0], len(items))[:len(items)]
	for shift := 0; shift < 64; shift += 8 {
		if differ>>shift&0xff == 0 {
			continue
		}
		var ends [256]int
		for i := range items {
			ends[ordered(items[i].weight)>>shift&0xff]++
		}
		at := 0
		for digit, n := range ends {
			ends[digit] = at
			at += n
		}
		for _, item := range items {
			digit := ordered(item.weight) >> shift & 0xff
			other[ends[digit]] = item
			ends[digit]++
		}
		items, other = other, items
	}
	e.items, e.other = items, other
}

// ordered returns a number that is greater for a greater f; zeros of both signs have the same.
func ordered(f float64) uint64 {
	const sign = 1 << 63
	if b := math.Float64bits(f + 0); b&sign == 0 {
		return b | sign
	} else if b != sign {
		return ^b
	}
	return sign
}
