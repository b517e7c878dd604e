package command

import (
	"slices"

	"comet/aso"
	"comet/aso/value"
)

var sortCommands = family{
	"sort":    {run: sort, reads: true, locks: sortLocks, unnamed: sortReadsOthers},
	"sort_ro": {run: sort, locks: sortLocks, unnamed: sortReadsOthers},
}

const errNotScores = aso.Error("ERR One or more scores can't be converted into double")

// sort replies with the elements of a list, set or sorted set in an order, or with what patterns lead to from them, or stores that.
func sort(c *Call) error {
	q, err := c.sortQuery()
	if err != nil {
		return err
	}
	s := sorter{c: c, sortQuery: q, acts: c.Tx.MayAct() && !c.Session.raw, sortElements: sortElementsPool.Get().(*sortElements)}
	defer s.release()
	if !s.acts {
		return s.run()
	}
	return c.guarded(s.run) // the handlers of keys that patterns lead to have run before an error
}

// sorter is a running SORT.
type sorter struct {
	c *Call
	sortQuery
	acts bool // keys that patterns lead to may have handlers

	*sortElements
	n    int      // elements of the value
	keys [][]byte // of ALPHA: what is compared, nil if the pattern leads to nothing
}

func (s *sorter) run() error {
	from, to, err := s.load()
	if err != nil {
		return err
	}
	if !s.native {
		if err := s.weigh(); err != nil {
			return err
		}
		s.order(from, to)
	}
	if s.store > 0 {
		return s.storeResult(s.items[from:to])
	}
	return s.reply(s.items[from:to])
}

// load collects the elements and returns which of them are asked for, by their places after sorting.
func (s *sorter) load() (from, to int, err error) {
	key := s.c.Arg(1)
	switch s.c.Tx.Kind(key) {
	case aso.KindNone:
		s.c.Tx.CountRead(key, false)
	case aso.KindList:
		l, err := s.c.Tx.List(key)
		if err != nil {
			return 0, 0, err
		}
		from, to = s.collect(l.Len(), true, l.Ascend, l.Descend)
	case aso.KindZSet:
		z, err := s.c.Tx.ZSet(key)
		if err != nil {
			return 0, 0, err
		}
		from, to = s.collect(z.Len(), true, membersOf(z.Ascend), membersOf(z.Descend))
	case aso.KindSet:
		set, err := s.c.Tx.Set(key)
		if err != nil {
			return 0, 0, err
		}
		if s.native && (s.store > 0 || s.c.Session.inScript) {
			s.native, s.alpha, s.by = false, true, nil // what is stored has an order that can be told
		}
		each := func(_ int, fn func([]byte) bool) { set.Each(fn) }
		from, to = s.collect(set.Len(), false, each, each)
	default:
		s.c.Tx.CountRead(key, true)
		return 0, 0, aso.ErrWrongType
	}
	return from, to, nil
}

// membersOf returns each without the scores.
func membersOf(each func(rank int, fn func([]byte, float64) bool)) func(int, func([]byte) bool) {
	return func(rank int, fn func([]byte) bool) {
		each(rank, func(member []byte, _ float64) bool { return fn(member) })
	}
}

// collect collects the elements of a value of n elements, only those asked for if its own order, in which ascend and descend go, is to stay.
func (s *sorter) collect(n int, ordered bool, ascend, descend func(i int, fn func([]byte) bool)) (from, to int) {
	s.n = n
	from, to = s.window(n)
	first, each := 0, ascend
	if ordered && s.native {
		if first, n = from, to-from; s.desc {
			first, each = s.n-1-from, descend
		}
		from, to = 0, n
	}
	if n == 0 {
		return 0, 0
	}
	s.items, s.ends = slices.Grow(s.items, n), slices.Grow(s.ends, n)
	each(first, func(v []byte) bool {
		s.add(v)
		return len(s.items) < n
	})
	return from, to
}

// reply replies with the elements of items, or with what the patterns of GET lead to from each.
func (s *sorter) reply(items []sortItem) error {
	r := s.c.Reply
	r.Array(len(items) * max(1, len(s.get)))
	for n, item := range items {
		text := s.element(item.at)
		if len(s.get) == 0 {
			r.Bulk(text)
		}
		for i := range s.get {
			s.advance(&s.get[i], items, n)
			if err := s.replyFound(&s.get[i], text); err != nil {
				return err
			}
		}
	}
	return nil
}

// storeResult makes the list of what reply would say the value of the destination, and replies with its length.
func (s *sorter) storeResult(items []sortItem) error {
	c, key, limits := s.c, s.c.Arg(s.store), s.c.limits()
	var list value.List
	for n, item := range items {
		text := s.element(item.at)
		if len(s.get) == 0 {
			list.PushBack(limits, text)
		}
		for i := range s.get {
			s.advance(&s.get[i], items, n)
			v, _, made, err := s.read(&s.get[i], text)
			switch {
			case err != nil:
				return err
			case made:
				return errHidden
			}
			list.PushBack(limits, v) // empty if there is nothing
		}
	}
	n := list.Len()
	c.Reply.Int(int64(n))
	if n == 0 {
		c.delete(key)
		return nil
	}
	if err := c.Tx.ReplaceList(key, &list); err != nil {
		return err
	}
	c.countChanges(n)
	c.Tx.Notify(aso.NotifyList, "sortstore", key)
	return nil
}
