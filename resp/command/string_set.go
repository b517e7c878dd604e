package command

import (
	"math"

	"comet/aso"
	"comet/aso/value"
)

// stringOptions are those of SET and GETEX.
type stringOptions struct {
	nx, xx, get, keep, persist bool
	expiry
}

// expiry is a time given as EX, PX, EXAT or PXAT.
type expiry struct {
	word     string
	amount   []byte // nil if none was given
	absolute bool
	seconds  bool
}

// set sets a key, under conditions, and with a time to live.
func set(c *Call) error {
	o, err := c.setOptions()
	if err != nil {
		return err
	}
	deadline, err := o.deadline(c)
	if err != nil {
		return err
	}
	key := c.Arg(1)
	if o.get {
		if _, err := c.replyString(key); err != nil {
			return err
		}
	}
	if (o.nx || o.xx) && c.Tx.Exists(key) != o.xx {
		if !o.get {
			c.Reply.Null()
		}
		return nil
	}
	if o.keep {
		deadline = aso.KeepDeadline
	}
	if err := c.setExpiring(key, c.Arg(2), deadline); err != nil {
		return err
	}
	if !o.get {
		c.OK()
	}
	return nil
}

// setExpiring is setString with a second notification if there is a deadline.
func (c *Call) setExpiring(key, s []byte, deadline int64) error {
	if err := c.setString(key, s, deadline); err != nil {
		return err
	}
	if deadline > 0 {
		c.Tx.Notify(aso.NotifyGeneric, "expire", key)
	}
	return nil
}

// setnx sets a key that does not exist.
func setnx(c *Call) error {
	if c.Tx.Exists(c.Arg(1)) {
		c.Reply.Int(0)
		return nil
	}
	if err := c.setString(c.Arg(1), c.Arg(2), 0); err != nil {
		return err
	}
	c.Reply.Int(1)
	return nil
}

// setex sets a key with a time to live in seconds.
func setex(c *Call) error { return c.setFor(expiry{amount: c.Arg(2), seconds: true}) }

// psetex sets a key with a time to live in milliseconds.
func psetex(c *Call) error { return c.setFor(expiry{amount: c.Arg(2)}) }

func (c *Call) setFor(x expiry) error {
	deadline, err := x.deadline(c)
	if err != nil {
		return err
	}
	if err := c.setExpiring(c.Arg(1), c.Arg(3), deadline); err != nil {
		return err
	}
	c.OK()
	return nil
}

// getex replies with the string and changes its time to live.
func getex(c *Call) error {
	o, err := c.getexOptions()
	if err != nil {
		return err
	}
	key := c.Arg(1)
	found, err := c.replyString(key)
	if err != nil || !found {
		return err
	}
	deadline, err := o.deadline(c)
	if err != nil {
		return err
	}
	switch {
	case o.persist:
		_, err = c.persist(key)
		return err
	case o.amount == nil:
		return nil
	}
	return c.setDeadline(key, deadline)
}

func (c *Call) setOptions() (o stringOptions, err error) {
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "NX") && !o.xx:
			o.nx = true
		case c.Is(i, "XX") && !o.nx:
			o.xx = true
		case c.Is(i, "GET"):
			o.get = true
		case c.Is(i, "KEEPTTL") && o.amount == nil:
			o.keep = true
		case !o.keep && o.take(c, i):
			i++
		default:
			return o, errSyntax
		}
	}
	return o, nil
}

func (c *Call) getexOptions() (o stringOptions, err error) {
	for i := 2; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "PERSIST") && o.amount == nil:
			o.persist = true
		case !o.persist && o.take(c, i):
			i++
		default:
			return o, errSyntax
		}
	}
	return o, nil
}

// take reads a time from the arguments i and i+1. The same word may come again, and the last one holds.
func (x *expiry) take(c *Call, i int) bool {
	if i+1 >= len(c.Args) {
		return false
	}
	for _, form := range expiryForms {
		if c.Is(i, form.word) && (x.amount == nil || x.word == form.word) {
			*x = form
			x.amount = c.Arg(i + 1)
			return true
		}
	}
	return false
}

var expiryForms = [...]expiry{
	{word: "EX", seconds: true}, {word: "PX"}, {word: "EXAT", seconds: true, absolute: true}, {word: "PXAT", absolute: true},
}

// deadline returns the time in Unix milliseconds, 0 if none was given.
func (x *expiry) deadline(c *Call) (int64, error) {
	if x.amount == nil {
		return 0, nil
	}
	at, ok := value.ParseInt(x.amount)
	if !ok {
		return 0, errNotInteger
	}
	if at <= 0 || x.seconds && at > math.MaxInt64/1000 {
		return 0, errExpire(c.Cmd.full)
	}
	if x.seconds {
		at *= 1000
	}
	if !x.absolute {
		if at > math.MaxInt64-c.Tx.Now() {
			return 0, errExpire(c.Cmd.full)
		}
		at += c.Tx.Now()
	}
	return at, nil
}
