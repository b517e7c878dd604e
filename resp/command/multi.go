package command

import (
	"errors"

	"comet/aso"
)

var transactionCommands = family{
	"multi":   {special: multi},
	"exec":    {special: exec},
	"discard": {special: discard},
	"watch":   {run: watch},
	"unwatch": {special: unwatch},
}

// transaction is what a client has queued since MULTI.
type transaction struct {
	queued  []request
	size    int  // bytes of their arguments, and a pointer for each, as Redis counts
	aborted bool // a command could not be queued
}

// queue keeps a copy of r.
func (t *transaction) queue(r *request) {
	const pointer = 8
	for _, arg := range r.args {
		t.size += len(arg) + pointer
	}
	t.queued = append(t.queued, request{args: cloneArgs(r.args), cmd: r.cmd, locks: r.locks})
}

// abortMulti makes the EXEC to come fail.
func (ses *Session) abortMulti() {
	if ses.multi != nil {
		ses.multi.aborted = true
	}
}

// inMulti reports whether the command runs at once also between MULTI and EXEC.
func (cmd *Command) inMulti() bool {
	switch cmd.Name {
	case "multi", "exec", "discard", "watch", "quit", "reset":
		return true
	}
	return false
}

func multi(b *batch, c *Call) {
	if b.ses.multi != nil {
		b.s.fail(c, errNestedMulti)
		return
	}
	b.ses.multi = &transaction{}
	c.OK()
}

func discard(b *batch, c *Call) {
	if b.ses.multi == nil {
		b.s.fail(c, errDiscardNoMult)
		return
	}
	b.endMulti()
	c.OK()
}

// endMulti forgets the transaction and the watched keys.
func (b *batch) endMulti() {
	b.ses.multi = nil
	b.unwatchAll()
}

// unwatchAll ends the watches of the client.
func (b *batch) unwatchAll() {
	if b.ses.watch.Empty() {
		return
	}
	b.commit()
	b.ses.unwatch(b.s.ks)
}

// unwatch ends the watches of the client. It takes locks.
func (ses *Session) unwatch(ks *aso.Keyspace) {
	if ses.watch.Empty() {
		return
	}
	var locks aso.Locks
	ses.watch.Locks(&locks)
	tx := ks.Begin(&locks)
	tx.Unwatch(&ses.watch)
	tx.Commit()
}

func unwatch(b *batch, c *Call) {
	b.unwatchAll()
	c.OK()
}

// watch lets the next EXEC of the client fail if one of the keys changes before.
func watch(c *Call) error {
	if c.Session.multi != nil {
		return errWatchInMulti
	}
	for _, key := range c.Args[1:] {
		c.Tx.Watch(&c.Session.watch, key)
	}
	c.OK()
	return nil
}

// exec runs the queued commands as one unit, unless one could not be queued or a watched key changed.
func exec(b *batch, c *Call) {
	t := b.ses.multi
	switch {
	case t == nil:
		b.s.fail(c, errExecNoMulti)
		return
	case t.aborted:
		b.endMulti()
		b.s.fail(c, errExecAbort)
		return
	}
	b.lockTransaction(t)
	b.ses.multi = nil
	broken := b.tx.Broken(&b.ses.watch)
	b.tx.Unwatch(&b.ses.watch)
	if broken {
		c.Reply.NullArray()
		return
	}
	b.runTransaction(t, c)
}

// lockTransaction takes the locks of all queued commands and watched keys.
func (b *batch) lockTransaction(t *transaction) {
	var locks aso.Locks
	b.ses.watch.Locks(&locks)
	for i := range t.queued {
		q := &t.queued[i]
		locks.AddLocks(&q.locks)
		if q.cmd.access == accessAlone || q.cmd.script {
			locks.AddAll() // it works through the Tx instead of taking locks, or may use any key
		}
	}
	if b.tx == nil || !b.tx.Holds(&locks) {
		b.commit()
		b.begin(&locks)
	}
}

func (b *batch) runTransaction(t *transaction, c *Call) {
	b.ses.inExec = true
	defer func() { b.ses.inExec = false }()
	b.tx.Start(b.ses.db)
	c.Reply.Array(len(t.queued))
	for i := range t.queued {
		b.runQueued(&t.queued[i], c)
	}
	b.endUnit()
}

// runQueued runs one command of a transaction.
func (b *batch) runQueued(q *request, c *Call) {
	b.tx.Select(b.ses.db)
	start := c.Reply.Len()
	call := Call{Args: q.args, Cmd: q.cmd, Tx: b.tx, Reply: c.Reply, Session: b.ses, Server: b.s}
	err := b.s.permit(b.ses, q.cmd, q.args)
	var d *denial
	switch {
	case errors.As(err, &d):
		b.s.replyError(call.Reply, d.inExec())
		c.failed = true // as in Redis, if no other command follows
		return
	case q.cmd.special != nil:
		q.cmd.special(b, &call)
	default:
		b.notePromise(q.cmd, q.args)
		b.s.invoke(&call)
	}
	c.failed = false
	if b.tx.Unheard() {
		b.hear(&call, start)
	}
	b.noteDuration(&call)
	b.s.monitors.feed(&call)
}
