package command

import (
	"bytes"
	"strconv"
	"sync"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/resp/wire"
)

// asoGet replies with what onGet makes of the object and the payload; without such a handler, with the value.
func asoGet(c *Call) error {
	key := c.Arg(1)
	if !c.Tx.Exists(key) {
		c.Reply.Null()
		return nil
	}
	if c.Session.raw || !c.Tx.Handlers(key).Has(sandbox.OnGet) {
		return c.replyContent(key)
	}
	return c.guarded(func() error {
		start := c.Reply.Len()
		if err := c.replyContent(key); err != nil { // before the handler changes it
			return err
		}
		outcome, err := c.handle(key, sandbox.OnGet, &payload{c: c, first: 2})
		if err != nil {
			return err
		}
		c.showOutcome(start, outcome)
		return nil
	})
}

// replyContent replies with the whole value at key.
func (c *Call) replyContent(key []byte) error {
	v := c.Tx.Value(key)
	if c.Tx.Kind(key) == aso.KindZSet {
		for i := range v.Tab.Fields {
			v.Tab.Fields[i].Value.Kind = sandbox.Double
		}
	}
	replyValue(c.Reply, v)
	return nil
}

// asoCall gives the object a message and replies with what onMessage returns.
func asoCall(c *Call) error {
	key := c.Arg(1)
	c.Tx.Exists(key) // an expired object dies first
	if !c.Tx.Handlers(key).Has(sandbox.OnMessage) {
		return errNoMessageHandler
	}
	return c.guarded(func() error {
		p := &payload{c: c, first: 3}
		outcome, err := c.handle(key, sandbox.OnMessage, p)
		if err == nil && outcome.Verdict == sandbox.Wait {
			err = c.awaitAnswer(p.reply(), outcome.KeepMS)
		} else if err == nil {
			replyValue(c.Reply, outcome.Value)
		}
		if p.replyTo != "" && (c.park == nil || c.Tx.IsDryRun()) {
			c.Server.ks.EndCall(p.replyTo)
		}
		if err == nil {
			c.Tx.Emit(aso.EventMessage, key, sandbox.StringValue(string(c.Arg(2))))
		}
		return err
	})
}

// payload tells a handler of the arguments of ASO.GET and ASO.CALL.
type payload struct {
	c       *Call
	first   int    // argument of the payload
	replyTo string // what an answer to ASO.CALL has to name, once the handler has asked for it
}

// Field returns ev.<name>; ev.payload is nil, a string, or an array of several.
func (p *payload) Field(name string) (sandbox.Value, bool) {
	args := p.c.Args
	switch {
	case name == "message" && p.first == 3:
		return sandbox.StringValue(string(args[2])), true
	case name == "hops" && p.first == 3:
		return sandbox.NumberValue(0), true
	case name == "reply_to" && p.first == 3:
		return sandbox.StringValue(p.reply()), true
	case name != "payload":
		return p.c.Field(name)
	}
	return payloadValue(args[min(p.first, len(args)):]), true
}

// reply returns what an answer has to name.
func (p *payload) reply() string {
	if p.replyTo == "" {
		p.replyTo = p.c.Server.ks.NewCall()
	}
	return p.replyTo
}

// handle runs the handlers of the object for an event. A refusal is an error.
func (c *Call) handle(key []byte, h sandbox.Handler, fields aso.Fields) (*sandbox.Outcome, error) {
	outcome, err := c.Tx.RunHandler(key, &aso.Event{Handler: h, Fields: fields})
	if err == nil && outcome.Verdict == sandbox.Deny {
		err = aso.Denied(outcome)
	}
	return outcome, err
}

// guarded runs fn, and takes back what it changed if it fails.
func (c *Call) guarded(fn func() error) error {
	m := c.Tx.Mark()
	if err := fn(); err != nil {
		if rollbackErr := c.Tx.Rollback(m); rollbackErr != nil {
			return rollbackErr
		}
		return err
	}
	c.Tx.Release(m)
	return nil
}

// executeFor runs a data command of a handler on the object at key. It is the aso.Executor.
func (s *Server) executeFor(tx *aso.Tx, key []byte, args [][]byte) (sandbox.Value, error) {
	cmd, err := s.table.lookup(args)
	if err != nil || cmd.keys.first != 1 {
		args = s.table.arranged(args)
		cmd, err = s.table.lookup(args)
	}
	if err != nil {
		return sandbox.Value{}, err
	}
	if cmd.access != accessKeys || cmd.special != nil || !cmd.has(flagWrite|flagReadOnly) || cmd.ownEvents || cmd.reachesOut(args) {
		return sandbox.Value{}, aso.Error("ERR a handler cannot call " + cmd.full)
	}
	foreign := false
	cmd.eachKey(args, func(i int, _ *KeySpec) { foreign = foreign || !bytes.Equal(args[i], key) })
	if foreign {
		return sandbox.Value{}, aso.Error("ERR a handler can name one key only")
	}
	own := ownCalls.Get().(*ownCall)
	defer own.release()
	own.reply.Acquire()
	own.reply.SetProtocol(3)
	own.Call = Call{Args: args, Cmd: cmd, Tx: tx, Reply: &own.reply, Session: &own.session, Server: s}
	own.session.inExec = true
	c := &own.Call
	if err := c.guardFeeds(); err != nil {
		return sandbox.Value{}, err
	}
	err = cmd.run(c)
	s.monitors.feed(c)
	if err != nil {
		return sandbox.Value{}, err
	}
	if limit := tx.Keyspace().RunMemory(); c.Reply.Len() > limit {
		return sandbox.Value{}, &sandbox.LimitError{Which: sandbox.LimitMemory, Detail: "cap of " + strconv.Itoa(limit) + " bytes exceeded"}
	}
	v, _, err := valueOf(c.Reply.Bytes())
	return v, err
}

// ownCall is a command that a handler runs on its own object, and what it needs.
type ownCall struct {
	Call
	reply   wire.Reply
	session Session
}

var ownCalls = sync.Pool{New: func() any { return new(ownCall) }}

func (o *ownCall) release() {
	o.Call, o.session = Call{}, Session{}
	o.reply.Release()
	ownCalls.Put(o)
}

// reachesOut reports whether a request may use objects that its arguments do not name as keys.
func (cmd *Command) reachesOut(args [][]byte) bool {
	return cmd.unnamed != nil && cmd.unnamed(args) || cmd.Name == "copy" || cmd.Name == "move" // to another database
}
