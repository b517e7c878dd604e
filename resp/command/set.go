package command

import "comet/aso"

var setCommands = family{
	"sadd":        {run: sadd, item: 2},
	"srem":        {run: srem, item: 2},
	"scard":       {run: scard},
	"sismember":   {run: sismember, item: 2},
	"smismember":  {run: smismember},
	"smembers":    {run: smembers},
	"smove":       {run: smove},
	"spop":        {run: spop},
	"srandmember": {run: srandmember, brief: true},
	"sscan":       {run: sscan},
	"sinter":      {run: sinter},
	"sinterstore": {run: sinterstore, reads: true},
	"sintercard":  {run: sintercard},
	"sunion":      {run: sunion},
	"sunionstore": {run: sunionstore, reads: true},
	"sdiff":       {run: sdiff},
	"sdiffstore":  {run: sdiffstore, reads: true},
}

// sadd replies with how many of the members are new.
func sadd(c *Call) error {
	s, err := c.Tx.Set(c.Arg(1))
	if err != nil {
		return err
	}
	added := 0
	for _, member := range c.Args[2:] {
		if s.Add(member) {
			added++
		}
	}
	c.Reply.Int(int64(added))
	if added == 0 {
		return nil
	}
	return c.stored(s.Exists(), aso.NotifySet, "sadd", 1)
}

// srem replies with how many of the members were there.
func srem(c *Call) error {
	s, err := c.Tx.Set(c.Arg(1))
	if err != nil {
		return err
	}
	removed := 0
	for _, member := range c.Args[2:] {
		if s.Remove(member) {
			removed++
		}
	}
	if removed > 0 {
		c.Tx.Notify(aso.NotifySet, "srem", c.Arg(1))
	}
	c.Reply.Int(int64(removed))
	return nil
}

func scard(c *Call) error {
	s, err := c.Tx.Set(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Int(int64(s.Len()))
	return nil
}

func sismember(c *Call) error {
	s, err := c.Tx.Set(c.Arg(1))
	if err != nil {
		return err
	}
	c.intBool(s.Contains(c.Arg(2)))
	return nil
}

func smismember(c *Call) error {
	s, err := c.Tx.Set(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		c.intBool(s.Contains(member))
	}
	return nil
}

func smembers(c *Call) error {
	s, err := c.Tx.Set(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Set(s.Len())
	s.Each(func(member []byte) bool { c.Reply.Bulk(member); return true })
	return nil
}

// smove moves a member to another set and replies whether it was there.
func smove(c *Call) error {
	member := c.Arg(3)
	src, err := c.Tx.Set(c.Arg(1))
	if err == nil && !src.Exists() {
		c.Reply.Int(0) // whatever the destination is
		return nil
	}
	if err != nil {
		return err
	}
	dst, err := c.Tx.Set(c.Arg(2))
	if err != nil {
		return err
	}
	if string(c.Arg(1)) == string(c.Arg(2)) || !src.Contains(member) {
		c.intBool(src.Contains(member))
		return nil
	}
	src.Remove(member)
	c.Tx.Notify(aso.NotifySet, "srem", c.Arg(1))
	if err := c.Tx.Flush(); err != nil { // an empty source is gone before the destination changes
		return err
	}
	c.Reply.Int(1)
	if !dst.Add(member) {
		return nil
	}
	return c.stored(dst.Exists(), aso.NotifySet, "sadd", 2)
}
