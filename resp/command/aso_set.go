package command

import (
	"comet/aso"
	"comet/aso/sandbox"
)

var activeCommands = family{
	"aso.raw":    {run: asoRaw, access: accessNone},
	"aso.set":    {run: asoSet, locks: codeLocks, events: true},
	"aso.get":    {run: asoGet, events: true},
	"aso.call":   {run: asoCall, events: true},
	"aso.attach": {run: asoAttach, events: true},
	"aso.detach": {run: asoDetach, events: true},
	"aso.load":   {run: asoLoad, access: accessAll},
	"aso.list":   {run: asoList, access: accessNone},
	"aso.code":   {run: asoCode, access: accessNone},
}

const (
	errNoMessageHandler = aso.Error("ASONOHANDLER the object has no onMessage handler")
	errParamTwice       = aso.Error("ASOPARAM a parameter is given twice")
	errHandlerAndCode   = aso.Error("ERR HANDLER and CODE exclude each other")
	errParamAlone       = aso.Error("ERR PARAM needs HANDLER or CODE")
)

// asoSetOptions are those of ASO.SET.
type asoSetOptions struct {
	stringOptions
	handler, code []byte
	params        map[string]string
}

// codeLocks takes all locks for ASO.SET with CODE: the journal must have the code before any unit that uses it.
func codeLocks(args [][]byte, l *aso.Locks) {
	for _, arg := range args[min(3, len(args)):] {
		if equalFold(arg, "CODE") {
			l.AddAll()
			return
		}
	}
}

// asoSet sets a string and its handler in one step. If the key exists, the handlers it has judge the change first.
func asoSet(c *Call) error {
	o, err := c.asoSetOptions()
	if err != nil {
		return err
	}
	if err := c.mayAttach(&o); err != nil {
		return err
	}
	deadline, err := o.deadline(c)
	if err != nil {
		return err
	}
	if o.keep {
		deadline = aso.KeepDeadline
	}
	key := c.Arg(1)
	if (o.nx || o.xx) && c.Tx.Exists(key) != o.xx {
		c.Reply.Null()
		return nil
	}
	m := c.Tx.Mark()
	if err := c.setActive(m, key, &o, deadline); err != nil {
		if rollbackErr := c.Tx.Rollback(m); rollbackErr != nil {
			return rollbackErr
		}
		return err
	}
	c.Tx.Release(m)
	c.OK()
	return nil
}

// mayAttach returns the error for a client that may not attach the handler of o, which needs the right to ASO.ATTACH, and new code also
// that to ASO.LOAD.
func (c *Call) mayAttach(o *asoSetOptions) error {
	name := o.handler
	if o.code != nil {
		name = o.code
		if err := c.Server.permit(c.Session, c.Server.table["aso.load"], [][]byte{[]byte("aso.load"), o.code}); err != nil {
			return err
		}
	}
	if name == nil {
		return nil
	}
	return c.Server.permit(c.Session, c.Server.table["aso.attach"], [][]byte{[]byte("aso.attach"), c.Arg(1), name})
}

// setActive sets the value, lets the incumbent handlers judge it, and then attaches the new handler, whose onPut judges a new key.
func (c *Call) setActive(m aso.Mark, key []byte, o *asoSetOptions, deadline int64) error {
	a := activeRun{c: c, begin: m, start: c.Reply.Len(), home: c.Tx.DB()}
	a.mark = &a.begin
	seen := observed{run: &a, db: a.home, key: key, existed: c.Tx.Exists(key)}
	if !c.Session.raw {
		seen.on = c.Tx.PossibleHandlers(key)
	}
	if err := c.setExpiring(key, c.Arg(2), deadline); err != nil {
		return err
	}
	if seen.existed {
		if err := seen.judge(sandbox.OnUpdate); err != nil || seen.kept {
			return err
		}
	}
	if err := c.attachNew(key, o); err != nil || seen.existed || c.Session.raw {
		return err
	}
	seen.on = c.Tx.Handlers(key)
	return seen.judge(sandbox.OnPut)
}

// attachNew makes the handler of o the only one of the object.
func (c *Call) attachNew(key []byte, o *asoSetOptions) error {
	ref := string(o.handler)
	switch {
	case o.code != nil:
		code, err := c.Tx.LoadCode(o.code, c.userName())
		if err != nil {
			return err
		}
		ref = code.Name()
	case o.handler == nil:
		return nil
	}
	target, err := c.Server.ks.Target(ref)
	if err != nil {
		return err
	}
	if _, err := c.Tx.Detach(key, "", false); err != nil {
		return err
	}
	_, err = c.Tx.Attach(key, aso.Attachment{Target: target, Params: o.params}, c)
	return err
}

func (c *Call) asoSetOptions() (o asoSetOptions, err error) {
	for i := 3; i < len(c.Args); i++ {
		left := len(c.Args) - i - 1
		switch {
		case c.Is(i, "NX") && !o.xx:
			o.nx = true
		case c.Is(i, "XX") && !o.nx:
			o.xx = true
		case c.Is(i, "KEEPTTL") && o.amount == nil:
			o.keep = true
		case c.Is(i, "HANDLER") && left >= 1 && o.handler == nil:
			i++
			o.handler = c.Arg(i)
		case c.Is(i, "CODE") && left >= 1 && o.code == nil:
			i++
			o.code = c.Arg(i)
		case c.Is(i, "PARAM") && left >= 2:
			if o.params, err = c.param(o.params, i); err != nil {
				return o, err
			}
			i += 2
		case !o.keep && o.take(c, i):
			i++
		default:
			return o, c.errOption(i)
		}
	}
	switch {
	case o.handler != nil && o.code != nil:
		return o, errHandlerAndCode
	case o.params != nil && o.handler == nil && o.code == nil:
		return o, errParamAlone
	}
	return o, nil
}

// param adds the parameter that PARAM at position i names to params.
func (c *Call) param(params map[string]string, i int) (map[string]string, error) {
	if params == nil {
		params = map[string]string{}
	}
	name := string(c.Arg(i + 1))
	if _, ok := params[name]; ok {
		return nil, errParamTwice
	}
	params[name] = string(c.Arg(i + 2))
	return params, nil
}
