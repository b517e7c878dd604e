package command

import "comet/aso"

// zpopmin removes the members with the lowest scores and replies with them.
func zpopmin(c *Call) error { return zpop(c, false) }

// zpopmax removes the members with the highest scores and replies with them.
func zpopmax(c *Call) error { return zpop(c, true) }

func zpop(c *Call, highest bool) error {
	count, counted := 1, len(c.Args) == 3
	if len(c.Args) > 3 {
		return errSyntax
	}
	if counted {
		var err error
		if count, err = c.Natural(2, errNotPositive); err != nil {
			return err
		}
	}
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	n := min(count, z.Len())
	if n > 0 && !counted {
		c.Reply.Array(2)
		popScored(c, z, c.Arg(1), n, highest, scoredReply{c.Reply, true, false})
		return nil
	}
	popScored(c, z, c.Arg(1), n, highest, c.scored(n, true))
	return nil
}

// popScored removes the n lowest or highest members of z, which is at key, and appends them to w.
func popScored(c *Call, z *aso.ZSet, key []byte, n int, highest bool, w scoredReply) {
	if n == 0 {
		return
	}
	from, event := 0, "zpopmin"
	if highest {
		from, event = z.Len()-n, "zpopmax"
	}
	eachRank(z, from, from+n, highest, w.add)
	z.DeleteRange(from, from+n)
	c.Tx.Notify(aso.NotifyZSet, event, key)
}

// firstZSet returns the first of keys that holds a sorted set, nil if none does. When the command runs again after a wait, only the key
// that became ready counts.
func firstZSet(c *Call, keys [][]byte) (z *aso.ZSet, key []byte, err error) {
	if c.ready != nil {
		keys = [][]byte{c.ready}
	}
	for _, key := range keys {
		z, err := c.Tx.ZSet(key)
		if err != nil {
			return nil, nil, err
		}
		if z.Exists() {
			return z, key, nil
		}
	}
	return nil, nil, nil
}

// bzpopmin removes the member with the lowest score of the first sorted set there is, and waits for one if there is none.
func bzpopmin(c *Call) error { return bzpop(c, false) }

// bzpopmax is bzpopmin for the highest score.
func bzpopmax(c *Call) error { return bzpop(c, true) }

func bzpop(c *Call, highest bool) error {
	last := len(c.Args) - 1
	timeout, err := c.Timeout(last)
	if err != nil {
		return err
	}
	keys := c.Args[1:last]
	z, key, err := firstZSet(c, keys)
	if err != nil {
		return err
	}
	if z == nil {
		c.Park(keys, timeout, c.Reply.NullArray)
		return nil
	}
	c.Reply.Array(3)
	c.Reply.Bulk(key)
	popScored(c, z, key, 1, highest, scoredReply{c.Reply, true, false})
	return nil
}

// zmpop removes the lowest or highest members of the first sorted set there is.
func zmpop(c *Call) error {
	p, err := c.multiPop(1, "MIN", "MAX")
	if err != nil {
		return err
	}
	found, err := zmpopNow(c, &p)
	if err == nil && !found {
		c.Reply.NullArray()
	}
	return err
}

// bzmpop is zmpop that waits for a sorted set if there is none.
func bzmpop(c *Call) error {
	p, err := c.multiPop(2, "MIN", "MAX")
	if err != nil {
		return err
	}
	timeout, err := c.Timeout(1)
	if err != nil {
		return err
	}
	found, err := zmpopNow(c, &p)
	if err == nil && !found {
		c.Park(p.keys, timeout, c.Reply.NullArray)
	}
	return err
}

// zmpopNow replies with what it could remove; found is false, and nothing is replied, if there is no sorted set.
func zmpopNow(c *Call, p *multiPop) (found bool, err error) {
	z, key, err := firstZSet(c, p.keys)
	if err != nil || z == nil {
		return false, err
	}
	n := int(min(p.count, int64(z.Len())))
	c.Reply.Array(2)
	c.Reply.Bulk(key)
	c.Reply.Array(n)
	popScored(c, z, key, n, p.last, scoredReply{c.Reply, true, true})
	return true, nil
}
