package command

import (
	"maps"
	"slices"
	"strings"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/aso/value"
	"comet/resp/wire"
)

const errExclusive = aso.Error("ERR NX and XX exclude each other")

// asoLoad compiles and keeps a handler, and replies with its name@version.
func asoLoad(c *Call) error {
	code, err := c.Tx.LoadCode(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.BulkString(fullName(code))
	return nil
}

func fullName(code *aso.Code) string { return code.Program.Name() + "@" + code.ID.String() }

// asoList replies with the loaded handlers.
func asoList(c *Call) error {
	pattern := []byte("*")
	switch {
	case len(c.Args) == 3 && c.Is(1, "MATCH"):
		pattern = c.Arg(2)
	case len(c.Args) != 1:
		return errSyntax
	}
	at, n := c.Reply.Defer(), 0
	for _, code := range c.Server.ks.Codes() {
		if value.Match(pattern, []byte(code.Program.Name()), false) {
			c.replyCode(code)
			n++
		}
	}
	c.Reply.SetArray(at, n)
	return nil
}

func (c *Call) replyCode(code *aso.Code) {
	r := c.Reply
	r.Map(5)
	r.BulkString("name")
	r.BulkString(code.Program.Name())
	r.BulkString("version")
	r.BulkString(code.ID.String())
	r.BulkString("events")
	at, n := r.Defer(), 0
	for h := sandbox.OnPut; h <= sandbox.OnAttach; h++ {
		if code.Program.Has(h) {
			r.BulkString(h.String())
			n++
		}
	}
	r.SetArray(at, n)
	r.BulkString("runs")
	r.Int(code.Runs.Load())
	r.BulkString("errors")
	r.Int(code.Errors.Load())
}

// asoCode replies with the source of a handler.
func asoCode(c *Call) error {
	code, err := c.Server.ks.Code(string(c.Arg(1)))
	if err != nil {
		return err
	}
	c.Reply.Bulk(code.Program.Source())
	return nil
}

// asoAttach puts a handler on an object, which need not have a value yet.
func asoAttach(c *Call) error {
	code, err := c.Server.ks.Code(string(c.Arg(2)))
	if err != nil {
		return err
	}
	var params map[string]string
	var nx, xx bool
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "PARAM") && i+2 < len(c.Args):
			if params, err = c.param(params, i); err != nil {
				return err
			}
			i += 2
		case c.Is(i, "NX"):
			nx = true
		case c.Is(i, "XX"):
			xx = true
		default:
			return errSyntax
		}
	}
	if nx && xx {
		return errExclusive
	}
	return c.guarded(func() error { return c.attachIf(code, params, nx, xx) })
}

// attachIf attaches code unless NX or XX forbid it, and replies 1 if it is new on the object, 0 if it changed, null if nothing happened.
func (c *Call) attachIf(code *aso.Code, params map[string]string, nx, xx bool) error {
	key := c.Arg(1)
	there, err := c.Tx.Attached(key, code.Program.Name())
	if err != nil {
		return err
	}
	if nx && there || xx && !there {
		c.Reply.Null()
		return nil
	}
	added, err := c.attach(key, code, params)
	if err != nil {
		return err
	}
	c.replyBool(added)
	return nil
}

func (c *Call) replyBool(b bool) {
	if b {
		c.Reply.Int(1)
	} else {
		c.Reply.Int(0)
	}
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

// asoShow replies with what is attached to an object.
func asoShow(c *Call) error {
	shown, err := c.Tx.Show(c.Arg(1))
	if err != nil {
		return err
	}
	state, err := sandbox.DecodeState(shown.State)
	if err != nil {
		return err
	}
	r := c.Reply
	r.Map(4)
	r.BulkString("type")
	r.BulkString(c.Tx.Kind(c.Arg(1)).String())
	r.BulkString("handlers")
	r.Array(len(shown.Handlers))
	for i := range shown.Handlers {
		replyAttached(r, &shown.Handlers[i])
	}
	r.BulkString("state")
	if state.Kind == sandbox.Nil {
		r.Map(0)
	} else {
		replyValue(r, state)
	}
	r.BulkString("timers")
	replyTimers(r, shown.Timers)
	return nil
}

func replyAttached(r *wire.Reply, a *aso.Attached) {
	r.Map(3)
	r.BulkString("name")
	r.BulkString(a.Name)
	r.BulkString("version")
	r.BulkString(a.Version)
	r.BulkString("params")
	r.Map(len(a.Params))
	for _, name := range slices.Sorted(maps.Keys(a.Params)) {
		r.BulkString(name)
		r.BulkString(a.Params[name])
	}
}

// asoLog replies with what the handlers of an object have logged, the newest first.
func asoLog(c *Call) error {
	count := 10
	switch {
	case len(c.Args) == 4 && c.Is(2, "COUNT"):
		n, err := c.Natural(3, errNotPositive)
		if err != nil {
			return err
		}
		count = n
	case len(c.Args) != 2:
		return errSyntax
	}
	entries := c.Server.ks.Log(c.Tx.DB(), c.Arg(1), count)
	c.Reply.Array(len(entries))
	for i := range entries {
		e := &entries[i]
		c.Reply.Map(4)
		c.Reply.BulkString("time")
		c.Reply.Int(e.Time)
		c.Reply.BulkString("handler")
		c.Reply.BulkString(e.Handler)
		c.Reply.BulkString("event")
		c.Reply.BulkString(e.Event)
		c.Reply.BulkString("text")
		c.Reply.BulkString(e.Text)
	}
	return nil
}
