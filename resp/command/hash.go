package command

import "comet/aso"

var hashCommands = family{
	"hset":         {run: hset, item: 2},
	"hmset":        {run: hmset, item: 2},
	"hsetnx":       {run: hsetnx, item: 2},
	"hget":         {run: hget, item: 2},
	"hmget":        {run: hmget, item: 2},
	"hgetall":      {run: hgetall},
	"hkeys":        {run: hkeys},
	"hvals":        {run: hvals},
	"hexists":      {run: hexists, item: 2},
	"hlen":         {run: hlen},
	"hstrlen":      {run: hstrlen, item: 2},
	"hdel":         {run: hdel, item: 2},
	"hincrby":      {run: hincrby, item: 2},
	"hincrbyfloat": {run: hincrbyfloat, item: 2},
	"hrandfield":   {run: hrandfield},
	"hscan":        {run: hscan},
}

// hset replies with how many of the fields are new.
func hset(c *Call) error {
	created, err := c.setFields()
	if err == nil {
		c.Reply.Int(int64(created))
	}
	return err
}

// hmset is hset with another reply.
func hmset(c *Call) error {
	_, err := c.setFields()
	if err == nil {
		c.OK()
	}
	return err
}

// setFields gives the fields from argument 2 on their values and returns how many are new.
func (c *Call) setFields() (created int, err error) {
	if len(c.Args)%2 != 0 {
		return 0, errArity(c.Cmd.full)
	}
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return 0, err
	}
	for i := 2; i < len(c.Args); i += 2 {
		if h.Set(c.Arg(i), c.Arg(i+1)) {
			created++
		}
	}
	return created, c.stored(h.Exists(), aso.NotifyHash, "hset", 1)
}

// hsetnx sets a field that is not there, and replies whether it did.
func hsetnx(c *Call) error {
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	if _, ok := h.Get(c.Arg(2)); ok {
		c.Reply.Int(0)
		return nil
	}
	h.Set(c.Arg(2), c.Arg(3))
	c.Reply.Int(1)
	return c.stored(h.Exists(), aso.NotifyHash, "hset", 1)
}

// hget replies with the value of a field, or null.
func hget(c *Call) error {
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	c.bulkOrNull(h.Get(c.Arg(2)))
	return nil
}

// hmget replies with the values of fields, null for those that are not there.
func hmget(c *Call) error {
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, field := range c.Args[2:] {
		c.bulkOrNull(h.Get(field))
	}
	return nil
}

// hgetall replies with a map of all fields.
func hgetall(c *Call) error {
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Map(h.Len())
	h.Each(func(field, v []byte) bool {
		c.Reply.Bulk(field)
		c.Reply.Bulk(v)
		return true
	})
	return nil
}

func hkeys(c *Call) error {
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Array(h.Len())
	h.Each(func(field, _ []byte) bool { c.Reply.Bulk(field); return true })
	return nil
}

func hvals(c *Call) error {
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Array(h.Len())
	h.Each(func(_, v []byte) bool { c.Reply.Bulk(v); return true })
	return nil
}

func hexists(c *Call) error {
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	_, ok := h.Get(c.Arg(2))
	c.intBool(ok)
	return nil
}

func hlen(c *Call) error {
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Int(int64(h.Len()))
	return nil
}

// hstrlen replies with the length of a field's value, 0 if there is none.
func hstrlen(c *Call) error {
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	v, _ := h.Get(c.Arg(2))
	c.Reply.Int(int64(len(v)))
	return nil
}

// hdel replies with how many of the fields were there.
func hdel(c *Call) error {
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	deleted := 0
	for _, field := range c.Args[2:] {
		if h.Delete(field) {
			deleted++
		}
	}
	if deleted > 0 {
		c.Tx.Notify(aso.NotifyHash, "hdel", c.Arg(1))
	}
	c.Reply.Int(int64(deleted))
	return nil
}
