package command

import "comet/aso/value"

func xrange(c *Call) error    { return c.streamRange(2, 3, false) }
func xrevrange(c *Call) error { return c.streamRange(3, 2, true) }

// streamRange replies with the entries in the interval whose ends are the arguments from and to.
func (c *Call) streamRange(from, to int, reverse bool) error {
	first, err := c.intervalStart(from)
	if err != nil {
		return err
	}
	last, err := c.intervalEnd(to)
	if err != nil {
		return err
	}
	count, err := c.rangeCount(4)
	if err != nil {
		return err
	}
	s, err := c.Tx.Stream(c.Arg(1))
	switch {
	case err != nil:
		return err
	case !s.Exists():
		c.Reply.Array(0)
	case count == 0:
		c.Reply.NullArray()
	case reverse:
		c.replyDescending(&s.Stream, first, last, count)
	default:
		c.replyAscending(&s.Stream, first, last, count)
	}
	return nil
}

// rangeCount reads "[COUNT count]", which may be repeated, from argument i on; -1 is no limit.
func (c *Call) rangeCount(i int) (count int64, err error) {
	count = -1
	for ; i < len(c.Args); i += 2 {
		if !c.Is(i, "COUNT") || i+1 == len(c.Args) {
			return 0, errSyntax
		}
		if count, err = c.Int(i + 1); err != nil {
			return 0, err
		}
		count = max(count, 0)
	}
	return count, nil
}

// replyAscending replies with at most count entries, all of them if it is not positive.
func (c *Call) replyAscending(s *value.Stream, first, last value.StreamID, count int64) {
	at, n := c.Reply.Defer(), 0
	if !last.Less(first) {
		s.Ascend(first, func(e *value.StreamEntry) bool {
			if last.Less(e.ID) {
				return false
			}
			c.replyEntry(e)
			n++
			return int64(n) != count
		})
	}
	c.Reply.SetArray(at, n)
}

// replyDescending is replyAscending from the greatest ID downwards.
func (c *Call) replyDescending(s *value.Stream, first, last value.StreamID, count int64) {
	at, n := c.Reply.Defer(), 0
	s.Descend(last, func(e *value.StreamEntry) bool {
		if e.ID.Less(first) {
			return false
		}
		c.replyEntry(e)
		n++
		return int64(n) != count
	})
	c.Reply.SetArray(at, n)
}

// replyEntry replies with the ID and an array of the fields and values of an entry.
func (c *Call) replyEntry(e *value.StreamEntry) {
	c.Reply.Array(2)
	c.replyID(e.ID)
	c.Reply.Array(2 * e.Len())
	e.Each(func(field, v []byte) {
		c.Reply.Bulk(field)
		c.Reply.Bulk(v)
	})
}
