package command

import (
	"fmt"
	"math"

	"comet/aso"
)

const (
	errExpireNX = aso.Error("ERR NX and XX, GT or LT options at the same time are not compatible")
	errExpireGT = aso.Error("ERR GT and LT options at the same time are not compatible")
)

const second = 1000 // milliseconds

// expire sets a time to live in seconds; pexpire in milliseconds, expireat and pexpireat a Unix time.
func expire(c *Call) error    { return c.expireAfter(c.Tx.Now(), second) }
func pexpire(c *Call) error   { return c.expireAfter(c.Tx.Now(), 1) }
func expireat(c *Call) error  { return c.expireAfter(0, second) }
func pexpireat(c *Call) error { return c.expireAfter(0, 1) }

// expireAfter lets the key expire at the time of argument 2, in units of so many milliseconds, counted from base.
func (c *Call) expireAfter(base, unit int64) error {
	o, err := c.expireOptions()
	if err != nil {
		return err
	}
	at, err := c.Int(2)
	if err != nil {
		return err
	}
	if at > math.MaxInt64/unit || at < math.MinInt64/unit || at*unit > math.MaxInt64-base {
		return errExpire(c.Cmd.full)
	}
	at = at*unit + base
	key := c.Arg(1)
	current, found := c.Tx.Deadline(key)
	if !found || !o.allow(current, at) {
		c.Reply.Int(0)
		return nil
	}
	if err := c.setDeadline(key, at); err != nil {
		return err
	}
	c.Reply.Int(1)
	return nil
}

// setDeadline lets key, which exists, expire at a time in Unix milliseconds: at once if that has passed, but not while there is a master.
func (c *Call) setDeadline(key []byte, at int64) error {
	at = max(at, 1)
	if c.Tx.EndsAtOnce(at) {
		c.delete(key)
		return nil
	}
	if err := c.Tx.SetDeadline(key, at); err != nil {
		return err
	}
	c.countChanges(1)
	c.Tx.Notify(aso.NotifyGeneric, "expire", key)
	return nil
}

// expireOptions are the conditions of EXPIRE.
type expireOptions struct{ nx, xx, gt, lt bool }

func (c *Call) expireOptions() (o expireOptions, err error) {
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "NX"):
			o.nx = true
		case c.Is(i, "XX"):
			o.xx = true
		case c.Is(i, "GT"):
			o.gt = true
		case c.Is(i, "LT"):
			o.lt = true
		default:
			return o, aso.Error(fmt.Sprintf("ERR Unsupported option %s", clip(c.Arg(i), maxQuoted)))
		}
	}
	switch {
	case o.nx && (o.xx || o.gt || o.lt):
		return o, errExpireNX
	case o.gt && o.lt:
		return o, errExpireGT
	}
	return o, nil
}

// allow reports whether the deadline current, 0 for none, may become at. A key without deadline lives for ever.
func (o *expireOptions) allow(current, at int64) bool {
	switch {
	case o.nx && current != 0, o.xx && current == 0:
		return false
	case o.gt:
		return current != 0 && at > current
	case o.lt:
		return current == 0 || at < current
	}
	return true
}

// persist takes the deadline from a key and replies whether there was one.
func persist(c *Call) error {
	done, err := c.persist(c.Arg(1))
	if err != nil {
		return err
	}
	c.intBool(done)
	return nil
}

func (c *Call) persist(key []byte) (done bool, err error) {
	if at, _ := c.Tx.Deadline(key); at == 0 {
		return false, nil
	}
	if err := c.Tx.SetDeadline(key, 0); err != nil {
		return false, err
	}
	c.Tx.Notify(aso.NotifyGeneric, "persist", key)
	return true, nil
}

// ttl replies with the time to live in seconds, pttl in milliseconds, expiretime and pexpiretime with the deadline.
func ttl(c *Call) error         { return c.replyDeadline(c.Tx.Now(), second) }
func pttl(c *Call) error        { return c.replyDeadline(c.Tx.Now(), 1) }
func expiretime(c *Call) error  { return c.replyDeadline(0, second) }
func pexpiretime(c *Call) error { return c.replyDeadline(0, 1) }

// replyDeadline replies with the deadline, rounded to units of so many milliseconds counted from base: -1 for none, -2 for no key.
func (c *Call) replyDeadline(base, unit int64) error {
	at, found := c.Tx.Deadline(c.Arg(1))
	c.Tx.CountRead(c.Arg(1), found)
	switch {
	case !found:
		c.Reply.Int(-2)
	case at == 0:
		c.Reply.Int(-1)
	default:
		left := max(at-base, 0)
		n := left / unit
		if left%unit >= (unit+1)/2 && unit > 1 {
			n++
		}
		c.Reply.Int(n)
	}
	return nil
}
