package aso

import "slices"

// series keeps items in their order. It is cheap to add at the end and to remove at the beginning, as most do; a removed item elsewhere leaves
// a gap that is closed when there are many.
type series[T ordered[T]] struct {
	list []spot[T]
	gaps int
}

// ordered is an item that can be compared with others.
type ordered[T any] interface{ compare(other T) int }

type spot[T any] struct {
	item T
	gone bool
}

func (s *series[T]) len() int { return len(s.list) - s.gaps }

// search returns where the items begin that do not come before item.
func (s *series[T]) search(item T) int {
	if n := len(s.list); n > 0 && s.list[n-1].item.compare(item) < 0 {
		return n
	}
	i, _ := slices.BinarySearchFunc(s.list, item, func(p spot[T], item T) int { return p.item.compare(item) })
	return i
}

// find returns the item that equals item.
func (s *series[T]) find(item T) (found T, ok bool) {
	i := s.search(item)
	if i == len(s.list) || s.list[i].gone || s.list[i].item.compare(item) != 0 {
		return found, false
	}
	return s.list[i].item, true
}

// add adds an item that is not there.
func (s *series[T]) add(item T) {
	i := s.search(item)
	if i < len(s.list) && s.list[i].gone && s.list[i].item.compare(item) == 0 {
		s.list[i] = spot[T]{item: item}
		s.gaps--
		return
	}
	s.list = slices.Insert(s.list, i, spot[T]{item: item})
}

// remove removes an item that is there.
func (s *series[T]) remove(item T) {
	const few = 64
	s.list[s.search(item)].gone = true
	s.gaps++
	front := 0
	for front < len(s.list) && s.list[front].gone {
		front++
	}
	clear(s.list[:front])
	s.list = s.list[front:]
	if s.gaps -= front; s.gaps > few && s.gaps > len(s.list)/2 {
		s.list = slices.DeleteFunc(s.list, func(p spot[T]) bool { return p.gone })
		s.gaps = 0
	}
	if len(s.list) == 0 {
		s.list = nil
	}
}

// first returns the first item.
func (s *series[T]) first() (item T, ok bool) {
	if len(s.list) == 0 {
		return item, false
	}
	return s.list[0].item, true
}

// from calls fn for the items from place i on, until it returns false, and reports whether it came to the end.
func (s *series[T]) from(i int, fn func(item T) bool) (end bool) {
	for ; i < len(s.list); i++ {
		if p := &s.list[i]; !p.gone && !fn(p.item) {
			return false
		}
	}
	return true
}
