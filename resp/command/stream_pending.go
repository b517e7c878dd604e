package command

import (
	"strconv"

	"comet/aso"
	"comet/aso/value"
)

// xack ends the waiting of entries for their acknowledgement, and replies with how many there were.
func xack(c *Call) error {
	s, err := c.Tx.Stream(c.Arg(1))
	if err != nil {
		return err
	}
	if s.Group(c.Arg(2)) == nil {
		c.Reply.Int(0)
		return nil
	}
	ids, err := c.streamIDs(3)
	if err != nil {
		return err
	}
	n := s.Acknowledge(c.Arg(2), ids)
	c.countChanges(n)
	c.Reply.Int(int64(n))
	return nil
}

// pendingRange is which pending entries XPENDING shows.
type pendingRange struct {
	first, last value.StreamID
	count, idle int64
	consumer    []byte // nil is any
}

// xpending replies with a summary of the entries of a group that wait for their acknowledgement, or with some of them.
func xpending(c *Call) error {
	summary := len(c.Args) == 3
	var r pendingRange
	if !summary {
		var err error
		if r, err = c.pendingRange(); err != nil {
			return err
		}
	}
	_, g, err := c.groupToRead()
	if err != nil {
		return err
	}
	if summary {
		c.replyPendingSummary(g)
	} else {
		c.replyPending(g, &r)
	}
	return nil
}

// groupToRead opens the stream at argument 1 and its group, argument 2, both of which must be there.
func (c *Call) groupToRead() (*aso.Stream, *value.StreamGroup, error) {
	s, err := c.Tx.Stream(c.Arg(1))
	if err != nil {
		return nil, nil, err
	}
	g := s.Group(c.Arg(2))
	if g == nil {
		return nil, nil, errNoGroup(c.Arg(1), c.Arg(2))
	}
	return s, g, nil
}

// pendingRange reads "[IDLE ms] start end count [consumer]" from argument 3 on.
func (c *Call) pendingRange() (r pendingRange, err error) {
	i := 3
	if len(c.Args) < 6 || len(c.Args) > 9 {
		return r, errSyntax
	}
	if c.Is(i, "IDLE") {
		if r.idle, err = c.Int(4); err != nil {
			return r, err
		}
		if len(c.Args) < 8 {
			return r, errSyntax
		}
		i += 2
	}
	if r.count, err = c.Int(i + 2); err != nil {
		return r, err
	}
	if r.first, err = c.intervalStart(i); err != nil {
		return r, err
	}
	if r.last, err = c.intervalEnd(i + 1); err != nil {
		return r, err
	}
	if i+3 < len(c.Args) {
		r.consumer = c.Arg(i + 3)
	}
	return r, nil
}

func (c *Call) replyPendingSummary(g *value.StreamGroup) {
	c.Reply.Array(4)
	c.Reply.Int(int64(g.Pending()))
	if g.Pending() == 0 {
		c.Reply.Null()
		c.Reply.Null()
		c.Reply.NullArray()
		return
	}
	first, last := g.PendingEdges()
	c.replyID(first)
	c.replyID(last)
	at, n := c.Reply.Defer(), 0
	for _, consumer := range g.Consumers() {
		if consumer.Pending() > 0 {
			c.Reply.Array(2)
			c.Reply.BulkString(consumer.Name())
			c.Reply.BulkString(strconv.Itoa(consumer.Pending()))
			n++
		}
	}
	c.Reply.SetArray(at, n)
}

// replyPending replies with ID, consumer, idle time and number of deliveries of the pending entries in r.
func (c *Call) replyPending(g *value.StreamGroup, r *pendingRange) {
	at, n, now := c.Reply.Defer(), 0, c.Tx.Now()
	show := func(d value.Delivery) bool {
		switch {
		case int64(n) >= r.count || r.last.Less(d.ID):
			return false
		case r.idle != 0 && now-d.At < r.idle:
			return true
		}
		n++
		c.Reply.Array(4)
		c.replyID(d.ID)
		c.Reply.BulkString(d.Consumer)
		c.Reply.Int(max(now-d.At, 0))
		c.Reply.Int(d.Count)
		return true
	}
	if r.consumer == nil {
		g.EachPending(r.first, show)
	} else if consumer := g.Consumer(r.consumer); consumer != nil {
		g.EachPendingOf(consumer, r.first, show)
	}
	c.Reply.SetArray(at, n)
}
