package command

import (
	"bytes"
	"slices"

	"comet/aso"
)

const (
	errRankZero = aso.Error("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to" +
		" start from the end of the list")
	errCountNegative  = aso.Error("ERR COUNT can't be negative")
	errMaxLenNegative = aso.Error("ERR MAXLEN can't be negative")
)

// lrem removes the first elements that equal one, as many as asked for, the last ones if the number is negative, or all if it is 0.
// It replies with how many it removed.
func lrem(c *Call) error {
	count, err := c.Int(2)
	if err != nil {
		return err
	}
	l, err := c.Tx.List(c.Arg(1))
	if err != nil {
		return err
	}
	found := matches(l, c.Arg(3), int(count))
	removeIndexes(l, found)
	if len(found) > 0 {
		c.Tx.Notify(aso.NotifyList, "lrem", c.Arg(1))
	}
	c.Reply.Int(int64(len(found)))
	return nil
}

// matches returns the indexes of elements that equal v, the last one first: the first count of them, the last -count, or all if
// count is 0.
func matches(l *aso.List, v []byte, count int) (found []int) {
	if count < 0 {
		i := l.Len()
		l.Descend(i-1, func(element []byte) bool {
			i--
			if bytes.Equal(element, v) {
				found = append(found, i)
			}
			return len(found) != -count
		})
		return found
	}
	i := 0
	l.Ascend(0, func(element []byte) bool {
		if bytes.Equal(element, v) {
			found = append(found, i)
		}
		i++
		return count == 0 || len(found) < count
	})
	slices.Reverse(found)
	return found
}

// removeIndexes removes the elements at indexes, which descend. Neighbours are removed together.
func removeIndexes(l *aso.List, indexes []int) {
	for len(indexes) > 0 {
		n := 1
		for n < len(indexes) && indexes[n] == indexes[0]-n {
			n++
		}
		l.RemoveAt(indexes[n-1], n)
		indexes = indexes[n:]
	}
}

// search is what LPOS looks for.
type search struct {
	rank    int64 // the first match that counts; from the tail if negative
	count   int   // matches wanted, 0 for all
	several bool  // COUNT was given: the reply is an array
	maxLen  int   // elements to compare, 0 for all
}

// lpos replies with the index of a matching element, or with several.
func lpos(c *Call) error {
	s, err := c.searchOptions()
	if err != nil {
		return err
	}
	l, err := c.Tx.List(c.Arg(1))
	if err != nil {
		return err
	}
	at, n := c.Reply.Defer(), 0
	s.run(l, c.Arg(2), func(i int) {
		c.Reply.Int(int64(i))
		n++
	})
	switch {
	case s.several:
		c.Reply.SetArray(at, n)
	case n == 0:
		c.Reply.Null()
	}
	return nil
}

func (c *Call) searchOptions() (search, error) {
	s := search{rank: 1, count: 1}
	for i := 3; i < len(c.Args); i += 2 {
		var err error
		switch {
		case i+1 == len(c.Args):
			err = errSyntax
		case c.Is(i, "RANK"):
			if s.rank, err = c.Int(i + 1); err == nil && s.rank == 0 {
				err = errRankZero
			}
		case c.Is(i, "COUNT"):
			s.several = true
			s.count, err = c.Natural(i+1, errCountNegative)
		case c.Is(i, "MAXLEN"):
			s.maxLen, err = c.Natural(i+1, errMaxLenNegative)
		default:
			err = errSyntax
		}
		if err != nil {
			return search{}, err
		}
	}
	return s, nil
}

// run calls fn for the index of each match that is wanted.
func (s *search) run(l *aso.List, v []byte, fn func(i int)) {
	rank, i, step := s.rank, 0, 1
	if s.rank < 0 {
		rank, i, step = -s.rank, l.Len()-1, -1
	}
	seen, found, compared := int64(0), 0, 0
	compare := func(element []byte) bool {
		if bytes.Equal(element, v) {
			if seen++; seen >= rank {
				fn(i)
				found++
			}
		}
		compared++
		i += step
		return (s.count == 0 || found < s.count) && compared != s.maxLen
	}
	if s.rank < 0 {
		l.Descend(i, compare)
	} else {
		l.Ascend(i, compare)
	}
}
