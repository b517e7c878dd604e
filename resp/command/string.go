package command

import "comet/aso"

var stringCommands = family{
	"append":      {run: appendTo},
	"decr":        {run: decr},
	"decrby":      {run: decrby},
	"get":         {run: get},
	"getdel":      {run: getdel},
	"getex":       {run: getex},
	"getrange":    {run: getrange, brief: true},
	"getset":      {run: getset},
	"incr":        {run: incr},
	"incrby":      {run: incrby},
	"incrbyfloat": {run: incrbyfloat},
	"lcs":         {run: lcs},
	"mget":        {run: mget},
	"mset":        {run: mset},
	"msetnx":      {run: msetnx},
	"psetex":      {run: psetex, brief: true},
	"set":         {run: set, brief: true},
	"setex":       {run: setex, brief: true},
	"setnx":       {run: setnx},
	"setrange":    {run: setrange},
	"strlen":      {run: strlen},
	"substr":      {run: getrange},
}

// get replies with the string, or null.
func get(c *Call) error {
	_, err := c.replyString(c.Arg(1))
	return err
}

// replyString replies with the string at key, or null, and reports whether there is one. This counts as reading in commands that write
// too.
func (c *Call) replyString(key []byte) (found bool, err error) {
	c.Tx.SetReading(true)
	s, found, err := c.Tx.String(key)
	if err != nil {
		return false, err
	}
	c.bulkOrNull(s, found)
	return found, nil
}

// getset replaces the string and replies with the old one.
func getset(c *Call) error {
	if _, err := c.replyString(c.Arg(1)); err != nil {
		return err
	}
	return c.setString(c.Arg(1), c.Arg(2), 0)
}

// setString sets key, with a notification.
func (c *Call) setString(key, s []byte, deadline int64) error {
	if err := c.Tx.SetString(key, s, deadline); err != nil {
		return err
	}
	c.Tx.Notify(aso.NotifyString, "set", key)
	return nil
}

// getdel replies with the string and deletes it.
func getdel(c *Call) error {
	found, err := c.replyString(c.Arg(1))
	if found {
		c.delete(c.Arg(1))
	}
	return err
}

// strlen replies with the length of the string in bytes.
func strlen(c *Call) error {
	s, _, err := c.Tx.String(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Int(int64(len(s)))
	return nil
}

// mget replies with several strings, null for a key that holds none.
func mget(c *Call) error {
	keys := c.Args[1:]
	c.Reply.Array(len(keys))
	for _, key := range keys {
		s, ok, err := c.Tx.String(key)
		c.bulkOrNull(s, ok && err == nil)
	}
	return nil
}

// mset sets several keys.
func mset(c *Call) error {
	if len(c.Args)%2 == 0 {
		return errArity(c.Cmd.full)
	}
	if err := c.setAll(); err != nil {
		return err
	}
	c.OK()
	return nil
}

// msetnx sets several keys unless one of them exists.
func msetnx(c *Call) error {
	if len(c.Args)%2 == 0 {
		return errArity(c.Cmd.full)
	}
	for i := 1; i < len(c.Args); i += 2 {
		if c.Tx.Exists(c.Arg(i)) {
			c.Reply.Int(0)
			return nil
		}
	}
	if err := c.setAll(); err != nil {
		return err
	}
	c.Reply.Int(1)
	return nil
}

// setAll sets the keys of MSET.
func (c *Call) setAll() error {
	for i := 1; i < len(c.Args); i += 2 {
		if err := c.setString(c.Arg(i), c.Arg(i+1), 0); err != nil {
			return err
		}
	}
	return nil
}
