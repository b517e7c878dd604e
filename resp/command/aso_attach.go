package command

import (
	"strings"

	"comet/aso"
)

const errExclusive = aso.Error("ERR NX and XX exclude each other")

// asoAttach puts a handler on an object, which need not have a value yet.
func asoAttach(c *Call) error {
	target, err := c.Server.ks.Target(string(c.Arg(2)))
	if err != nil {
		return err
	}
	what := aso.Attachment{Target: target}
	var nx, xx bool
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "PARAM") && i+2 < len(c.Args):
			if what.Params, err = c.param(what.Params, i); err != nil {
				return err
			}
			i += 2
		case c.Is(i, "MODE") && i+1 < len(c.Args):
			i++
			if what.Observe, err = c.mode(i); err != nil {
				return err
			}
		case c.Is(i, "NX"):
			nx = true
		case c.Is(i, "XX"):
			xx = true
		default:
			return c.errOption(i)
		}
	}
	if nx && xx {
		return errExclusive
	}
	return c.guarded(func() error { return c.attachIf(what, nx, xx) })
}

// attachIf attaches what unless NX or XX forbid it, and replies 1 if it is new on the object, 0 if it changed, null if nothing happened.
func (c *Call) attachIf(what aso.Attachment, nx, xx bool) error {
	key := c.Arg(1)
	there, err := c.Tx.Attached(key, what.Target.Name())
	if err != nil {
		return err
	}
	if nx && there || xx && !there {
		c.Reply.Null()
		return nil
	}
	added, err := c.Tx.Attach(key, what, c)
	if err != nil {
		return err
	}
	c.intBool(added)
	return nil
}

// asoDetach removes one handler of an object, or all.
func asoDetach(c *Call) error {
	name, keepState := "", false
	for i, arg := range c.Args[2:] {
		switch {
		case equalFold(arg, "KEEPSTATE") && !keepState:
			keepState = true
		case i == 0:
			name, _, _ = strings.Cut(string(arg), "@")
		default:
			return errSyntax
		}
	}
	n, err := c.Tx.Detach(c.Arg(1), name, keepState)
	if err != nil {
		return err
	}
	c.Reply.Int(int64(n))
	return nil
}
