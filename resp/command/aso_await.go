package command

import (
	"time"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/resp/wire"
)

const (
	errAwaitTimeout = aso.Error("ERR timeout is not a number of milliseconds")
	errCannotWait   = aso.Error("ASOFAIL wait() in a transaction, which cannot wait")
)

// asoAwait waits for an event of an object, and replies with its name and what came with it, or null when the timeout is over.
func asoAwait(c *Call) error {
	timeout := time.Duration(0)
	switch {
	case len(c.Args) == 5 && c.Is(3, "TIMEOUT"):
		ms, err := c.IntIn(4, 0, maxTimeout, errAwaitTimeout)
		if err != nil {
			return err
		}
		timeout = time.Duration(ms) * time.Millisecond
	case len(c.Args) != 3:
		return errSyntax
	}
	key, event := c.Arg(1), string(c.Arg(2))
	c.Park(nil, timeout, c.Reply.NullArray)
	if c.park != nil {
		c.park.register = func(tx *aso.Tx, w *aso.Waiter) { tx.Await(w, key, event) }
		c.park.answer = replyEvent
	}
	return nil
}

func replyEvent(r *wire.Reply, event string, payload sandbox.Value) {
	r.Array(2)
	r.BulkString(event)
	replyValue(r, payload)
}

// awaitAnswer lets the client of ASO.CALL wait for as many milliseconds, 0 for ever, until somebody answers what replyTo names.
func (c *Call) awaitAnswer(replyTo string, ms int64) error {
	if c.Session.inExec {
		return errCannotWait
	}
	c.Park(nil, time.Duration(min(ms, maxTimeout))*time.Millisecond, c.Reply.Null)
	c.park.register = func(tx *aso.Tx, w *aso.Waiter) { tx.AwaitAnswer(w, replyTo) }
	c.park.answer = func(r *wire.Reply, _ string, v sandbox.Value) { replyValue(r, v) }
	return nil
}

// listen lets the keyspace tell the client of c, which waits for an event or an answer, what it waits for. The locks that this needs are held.
func (b *batch) listen(c *Call) (*aso.Waiter, *wire.Reply) {
	reply := &wire.Reply{}
	reply.SetProtocol(c.Reply.Protocol())
	answer, session, cmd, args := c.park.answer, c.Session, c.Cmd, cloneArgs(c.Args)
	w := &aso.Waiter{Answer: func(event string, v sandbox.Value) {
		if err := session.MayRun(cmd, args); err != nil { // the user has lost the right meanwhile
			b.s.noteDenial(session, err, false)
			b.s.replyError(reply, err)
			return
		}
		answer(reply, event, v)
	}}
	c.park.register(b.tx, w)
	b.endUnit()
	return w, reply
}
