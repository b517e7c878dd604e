package command

import "comet/aso"

func lpop(c *Call) error { return c.pop(left) }
func rpop(c *Call) error { return c.pop(right) }

// pop removes elements at an end and replies with them: one, or an array of as many as asked for.
func (c *Call) pop(e end) error {
	if len(c.Args) > 3 {
		return errArity(c.Cmd.full)
	}
	several, count := len(c.Args) == 3, 1
	if several {
		var err error
		if count, err = c.Natural(2, errNotPositive); err != nil {
			return err
		}
	}
	l, err := c.Tx.List(c.Arg(1))
	switch {
	case err != nil:
		return err
	case !l.Exists() && several:
		c.Reply.NullArray()
	case !l.Exists():
		c.Reply.Null()
	case several:
		c.popMany(l, e, count, c.Arg(1))
	default:
		c.popOne(l, e, c.Arg(1))
	}
	return nil
}

// popOne replies with the element at the end e of l, the list at key, and removes it.
func (c *Call) popOne(l *aso.List, e end, key []byte) {
	i := 0
	if e == right {
		i = l.Len() - 1
	}
	v, _ := l.Index(i)
	c.Reply.Bulk(v)
	l.RemoveAt(i, 1)
	c.Tx.Notify(aso.NotifyList, e.popEvent(), key)
}

// popMany replies with an array of up to count elements at the end e of l, the list at key, and removes them.
func (c *Call) popMany(l *aso.List, e end, count int, key []byte) {
	count = min(count, l.Len())
	c.Reply.Array(count)
	if count == 0 {
		return
	}
	rest := count
	reply := func(v []byte) bool {
		c.Reply.Bulk(v)
		rest--
		return rest > 0
	}
	if e == right {
		l.Descend(l.Len()-1, reply)
		l.RemoveAt(l.Len()-count, count)
	} else {
		l.Ascend(0, reply)
		l.RemoveAt(0, count)
	}
	c.Tx.Notify(aso.NotifyList, e.popEvent(), key)
}

// firstList opens the first of the lists at keys that exists; l is nil if there is none. When the command runs again after a wait,
// only the key that became ready counts.
func (c *Call) firstList(keys [][]byte) (l *aso.List, key []byte, err error) {
	if c.ready != nil {
		keys = [][]byte{c.ready}
	}
	for _, key := range keys {
		l, err := c.Tx.List(key)
		if err != nil || l.Exists() {
			return l, key, err
		}
	}
	return nil, nil, nil
}

// lmpop removes elements of the first list that is there, and replies with its key and them.
func lmpop(c *Call) error {
	p, err := c.multiPop(1, "LEFT", "RIGHT")
	if err != nil {
		return err
	}
	popped, err := c.popLists(&p)
	if err == nil && !popped {
		c.Reply.NullArray()
	}
	return err
}

// popLists removes elements of the first list that is there and replies with its key and them; it reports false if there is none.
func (c *Call) popLists(p *multiPop) (bool, error) {
	l, key, err := c.firstList(p.keys)
	if l == nil || err != nil {
		return false, err
	}
	c.Reply.Array(2)
	c.Reply.Bulk(key)
	c.popMany(l, end(p.last), int(p.count), key)
	return true, nil
}

func blpop(c *Call) error { return c.blockingPop(left) }
func brpop(c *Call) error { return c.blockingPop(right) }

// blockingPop removes an element of the first list that is there, waiting for one, and replies with its key and the element.
func (c *Call) blockingPop(e end) error {
	last := len(c.Args) - 1
	timeout, err := c.Timeout(last)
	if err != nil {
		return err
	}
	keys := c.Args[1:last]
	l, key, err := c.firstList(keys)
	switch {
	case err != nil:
		return err
	case l == nil:
		c.Park(keys, timeout, c.Reply.NullArray)
		return nil
	}
	c.Reply.Array(2)
	c.Reply.Bulk(key)
	c.popOne(l, e, key)
	c.countMove()
	return nil
}

// blmpop is lmpop that waits.
func blmpop(c *Call) error {
	p, err := c.multiPop(2, "LEFT", "RIGHT")
	if err != nil {
		return err
	}
	timeout, err := c.Timeout(1)
	if err != nil {
		return err
	}
	popped, err := c.popLists(&p)
	if err == nil && !popped {
		c.Park(p.keys, timeout, c.Reply.NullArray)
	}
	return err
}
