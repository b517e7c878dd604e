package sandbox

import "comet/aso/lua"

// sorter is the quicksort of Lua 5.1: the order in which it compares, and so where equal items go, is the same. The comparison may change the table.
type sorter struct {
	L    *lua.State
	w    *worker
	t    *lua.Table
	less lua.Value // nil compares as < does
}

func sortFn(L *lua.State) int {
	t, n := argList(L)
	s := &sorter{L: L, w: of(L), t: t}
	if !L.Get(2).IsNil() {
		s.less = argFunction(L, 2).Value()
	}
	s.sort(1, n)
	return 0
}

// before reports whether a must be before b.
func (s *sorter) before(a, b lua.Value) bool {
	s.w.work(2)
	if !s.less.IsNil() {
		return s.L.Call1(s.less, a, b).True()
	}
	return s.L.Less(a, b)
}

// order swaps the items i < j if they are in the wrong order.
func (s *sorter) order(i, j int) (swapped bool) {
	a, b := s.t.GetInt(i), s.t.GetInt(j)
	if !s.before(b, a) {
		return false
	}
	s.put(i, b, j, a)
	return true
}

func (s *sorter) put(i int, a lua.Value, j int, b lua.Value) {
	s.L.Writable(s.t, true)
	s.t.SetInt(i, a)
	s.t.SetInt(j, b)
}

// sort sorts the items low..high.
func (s *sorter) sort(low, high int) {
	for low < high {
		s.order(low, high)
		if high-low == 1 {
			return
		}
		middle := (low + high) / 2
		if !s.order(low, middle) {
			s.order(middle, high)
		}
		if high-low == 2 {
			return
		}
		i := s.partition(low, high, middle)
		if i-low < high-i {
			s.sort(low, i-1)
			low = i + 1
		} else {
			s.sort(i+1, high)
			high = i - 1
		}
	}
}

// partition puts an item where it belongs, with none larger before and none smaller behind it, and returns its place. The first item is not
// larger than it, the last one not smaller.
func (s *sorter) partition(low, high, middle int) int {
	pivot := s.t.GetInt(middle)
	s.put(middle, s.t.GetInt(high-1), high-1, pivot)
	for i, j := low, high-1; ; {
		i++
		for ; s.before(s.t.GetInt(i), pivot); i++ {
			s.check(i <= high)
		}
		j--
		for ; s.before(pivot, s.t.GetInt(j)); j-- {
			s.check(j >= low)
		}
		if j < i {
			s.put(high-1, s.t.GetInt(i), i, s.t.GetInt(high-1))
			return i
		}
		s.put(i, s.t.GetInt(j), j, s.t.GetInt(i))
	}
}

func (s *sorter) check(inside bool) {
	if !inside {
		s.L.RaiseError("invalid order function for sorting")
	}
}
