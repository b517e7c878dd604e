package command

import (
	"bytes"

	"comet/aso"
)

var listCommands = family{
	"lpush":      {run: lpush},
	"rpush":      {run: rpush},
	"lpushx":     {run: lpushx},
	"rpushx":     {run: rpushx},
	"llen":       {run: llen},
	"lindex":     {run: lindex},
	"lrange":     {run: lrange},
	"lset":       {run: lset},
	"linsert":    {run: linsert},
	"lrem":       {run: lrem},
	"ltrim":      {run: ltrim},
	"lpos":       {run: lpos},
	"lpop":       {run: lpop},
	"rpop":       {run: rpop},
	"lmpop":      {run: lmpop},
	"lmove":      {run: lmove, brief: true},
	"rpoplpush":  {run: rpoplpush, brief: true},
	"blpop":      {run: blpop},
	"brpop":      {run: brpop},
	"blmpop":     {run: blmpop},
	"blmove":     {run: blmove},
	"brpoplpush": {run: brpoplpush},
}

// end is an end of a list.
type end bool

const (
	left  end = false
	right end = true
)

// push adds v at the end e.
func (e end) push(l *aso.List, v []byte) {
	if e == left {
		l.PushFront(v)
	} else {
		l.PushBack(v)
	}
}

// pushEvent is the name of the notification of a push.
func (e end) pushEvent() string {
	if e == left {
		return "lpush"
	}
	return "rpush"
}

func (e end) popEvent() string {
	if e == left {
		return "lpop"
	}
	return "rpop"
}

func lpush(c *Call) error { return c.push(left) }
func rpush(c *Call) error { return c.push(right) }

// push adds elements at an end, one after the other, and replies with the length.
func (c *Call) push(e end) error {
	l, err := c.Tx.List(c.Arg(1))
	if err != nil {
		return err
	}
	return c.pushTo(l, e)
}

func lpushx(c *Call) error { return c.pushExisting(left) }
func rpushx(c *Call) error { return c.pushExisting(right) }

// pushExisting is push for a list that exists.
func (c *Call) pushExisting(e end) error {
	l, err := c.Tx.List(c.Arg(1))
	if err != nil {
		return err
	}
	if !l.Exists() {
		c.Reply.Int(0)
		return nil
	}
	return c.pushTo(l, e)
}

func (c *Call) pushTo(l *aso.List, e end) error {
	for _, v := range c.Args[2:] {
		e.push(l, v)
	}
	c.Reply.Int(int64(l.Len()))
	return c.stored(l.Exists(), aso.NotifyList, e.pushEvent(), 1)
}

func llen(c *Call) error {
	l, err := c.Tx.List(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Int(int64(l.Len()))
	return nil
}

// lindex replies with the element at an index, which counts from the tail if it is negative, or null.
func lindex(c *Call) error {
	l, err := c.Tx.List(c.Arg(1))
	if err != nil {
		return err
	}
	if !l.Exists() {
		c.Reply.Null()
		return nil
	}
	index, err := c.Int(2)
	if err != nil {
		return err
	}
	c.bulkOrNull(l.Index(fromTail(index, l.Len())))
	return nil
}

// fromTail returns an index of which negative ones count from the end of n items, -1 being the last.
func fromTail(index int64, n int) int {
	if index < 0 {
		index += int64(n)
	}
	return int(index)
}

// span returns the range from start to stop of n items, as a first one and the one behind the last. Both arguments are included, and
// count from the end if negative.
func span(start, stop int64, n int) (from, to int) {
	from = max(fromTail(start, n), 0)
	to = min(fromTail(stop, n), n-1) + 1
	if from >= to {
		return 0, 0
	}
	return from, to
}

// lrange replies with the elements of a range.
func lrange(c *Call) error {
	l, from, to, err := c.listSpan()
	if err != nil {
		return err
	}
	c.Reply.Array(to - from)
	if rest := to - from; rest > 0 {
		l.Ascend(from, func(v []byte) bool {
			c.Reply.Bulk(v)
			rest--
			return rest > 0
		})
	}
	return nil
}

// listSpan returns the list at argument 1 and the range in it that the arguments after it ask for.
func (c *Call) listSpan() (l *aso.List, from, to int, err error) {
	start, err := c.Int(2)
	if err != nil {
		return nil, 0, 0, err
	}
	stop, err := c.Int(3)
	if err != nil {
		return nil, 0, 0, err
	}
	l, err = c.Tx.List(c.Arg(1))
	if err != nil {
		return nil, 0, 0, err
	}
	from, to = span(start, stop, l.Len())
	return l, from, to, nil
}

// ltrim removes what is outside a range.
func ltrim(c *Call) error {
	l, from, to, err := c.listSpan()
	if err != nil {
		return err
	}
	c.OK()
	if !l.Exists() {
		return nil
	}
	l.RemoveAt(to, l.Len()-to)
	l.RemoveAt(0, from)
	c.Tx.WroteSame(c.Arg(1)) // which is so if nothing was removed
	c.Tx.Notify(aso.NotifyList, "ltrim", c.Arg(1))
	return nil
}

// lset replaces the element at an index.
func lset(c *Call) error {
	l, err := c.Tx.List(c.Arg(1))
	if err != nil {
		return err
	}
	if !l.Exists() {
		return aso.ErrNoSuchKey
	}
	index, err := c.Int(2)
	if err != nil {
		return err
	}
	i := fromTail(index, l.Len())
	if i < 0 || i >= l.Len() {
		return errIndexRange
	}
	l.SetIndex(i, c.Arg(3))
	c.Tx.Notify(aso.NotifyList, "lset", c.Arg(1))
	c.OK()
	return nil
}

// linsert inserts an element before or after the first one that equals a pivot, and replies with the length, -1 without pivot.
func linsert(c *Call) error {
	after := c.Is(2, "AFTER")
	if !after && !c.Is(2, "BEFORE") {
		return errSyntax
	}
	l, err := c.Tx.List(c.Arg(1))
	if err != nil {
		return err
	}
	i := indexOf(l, c.Arg(3))
	switch {
	case !l.Exists():
		c.Reply.Int(0)
		return nil
	case i < 0:
		c.Reply.Int(-1)
		return nil
	case after:
		i++
	}
	l.InsertAt(i, c.Arg(4))
	c.Tx.Notify(aso.NotifyList, "linsert", c.Arg(1))
	c.Reply.Int(int64(l.Len()))
	return nil
}

// indexOf returns where the first element that equals v is, or -1.
func indexOf(l *aso.List, v []byte) int {
	i, found := 0, -1
	l.Ascend(0, func(element []byte) bool {
		if bytes.Equal(element, v) {
			found = i
		}
		i++
		return found < 0
	})
	return found
}
