package command

import (
	"time"

	"comet/aso"
)

// lmove moves an element from an end of one list to an end of another, and replies with it.
func lmove(c *Call) error {
	from, to, err := c.moveEnds()
	if err != nil {
		return err
	}
	return c.moveOrNull(from, to)
}

// rpoplpush is the older form of LMOVE RIGHT LEFT.
func rpoplpush(c *Call) error { return c.moveOrNull(right, left) }

func (c *Call) moveOrNull(from, to end) error {
	src, err := c.Tx.List(c.Arg(1))
	if err != nil {
		return err
	}
	if !src.Exists() {
		c.Reply.Null()
		return nil
	}
	return c.move(src, from, to)
}

// blmove is lmove that waits.
func blmove(c *Call) error {
	from, to, err := c.moveEnds()
	if err != nil {
		return err
	}
	timeout, err := c.Timeout(5)
	if err != nil {
		return err
	}
	return c.moveOrPark(from, to, timeout)
}

// brpoplpush is the older form of BLMOVE RIGHT LEFT.
func brpoplpush(c *Call) error {
	timeout, err := c.Timeout(3)
	if err != nil {
		return err
	}
	return c.moveOrPark(right, left, timeout)
}

func (c *Call) moveOrPark(from, to end, timeout time.Duration) error {
	src, err := c.Tx.List(c.Arg(1))
	switch {
	case err != nil:
		return err
	case src.Exists():
		return c.movePatiently(src, from, to)
	case c.Session.inExec:
		c.Reply.Null() // unlike a timeout
	default:
		c.Park(c.Args[1:2], timeout, c.Reply.NullArray)
	}
	return nil
}

// movePatiently is move; a client that waited learns of a wrong destination, too, instead of waiting on.
func (c *Call) movePatiently(src *aso.List, from, to end) error {
	err := c.move(src, from, to)
	if err == aso.ErrWrongType && c.ready != nil {
		c.Server.fail(c, err)
		return nil
	}
	return err
}

// moveEnds reads "LEFT|RIGHT LEFT|RIGHT" from argument 3 on.
func (c *Call) moveEnds() (from, to end, err error) {
	if from, err = c.end(3); err != nil {
		return left, left, err
	}
	to, err = c.end(4)
	return from, to, err
}

// end returns the end of a list that argument i names.
func (c *Call) end(i int) (end, error) {
	if c.Is(i, "LEFT") {
		return left, nil
	}
	if c.Is(i, "RIGHT") {
		return right, nil
	}
	return left, errSyntax
}

// move moves an element of src, the list at argument 1, to the list at argument 2.
func (c *Call) move(src *aso.List, from, to end) error {
	i := 0
	if from == right {
		i = src.Len() - 1
	}
	v, _ := src.Index(i)
	c.countMove()
	if string(c.Arg(1)) == string(c.Arg(2)) {
		return c.rotate(src, i, v, from, to)
	}
	dst, err := c.Tx.List(c.Arg(2))
	if err != nil {
		return err
	}
	c.Reply.Bulk(v)
	to.push(dst, v)
	if err := c.stored(dst.Exists(), aso.NotifyList, to.pushEvent(), 2); err != nil {
		return err
	}
	src.RemoveAt(i, 1)
	c.Tx.Notify(aso.NotifyList, from.popEvent(), c.Arg(1))
	return nil
}

// countMove counts one element that moved or went, if no other command did that for this one: that has counted it.
func (c *Call) countMove() {
	if c.ready == nil {
		c.countChanges(1)
	} else {
		c.countChanges(0)
	}
}

// rotate moves the element v at index i, which is at the end from of l, to the end to.
func (c *Call) rotate(l *aso.List, i int, v []byte, from, to end) error {
	c.Reply.Bulk(v)
	var buf [256]byte
	v = append(buf[:0], v...) // the list's own memory moves
	l.RemoveAt(i, 1)
	to.push(l, v)
	c.Tx.Notify(aso.NotifyList, to.pushEvent(), c.Arg(1))
	c.Tx.Notify(aso.NotifyList, from.popEvent(), c.Arg(1))
	return nil
}
