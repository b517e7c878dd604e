package command

import (
	"comet/aso"
	"comet/aso/sandbox"
	"comet/resp/wire"
)

var explainCommands = family{
	"aso.explain": {run: asoExplain, events: true},
}

const errNoExplain = aso.Error("ERR only commands that read or write keys can be explained")

// explainedOf returns where the command of ASO.EXPLAIN begins.
func explainedOf([][]byte) int { return 2 }

// asoExplain tells which events a command fires, those of a script among them, and which handlers act on them. The command runs without them, and
// is taken back.
func asoExplain(c *Call) error {
	cmd, err := c.dryCommand(c.Args[2:], c.Arg(1), errNoExplain)
	if err != nil {
		return err
	}
	reply := &wire.Reply{}
	inner := Call{Args: c.Args[2:], Cmd: cmd, Tx: c.Tx, Reply: reply, Session: c.Session, Server: c.Server}
	var e aso.Explanation
	var failed error
	err = c.Tx.Explain(&e, func() { failed = inner.runExplained() })
	switch {
	case err != nil:
		return err
	case failed == errDryVariables:
		return failed
	}
	r := c.Reply
	r.Map(4)
	replyText(r, "command", cmd.full)
	replyInt(r, "waits", asInt(inner.park != nil))
	r.BulkString("error")
	if failed == nil {
		r.Null()
	} else {
		text, _ := clientError(failed)
		r.BulkString(text)
	}
	r.BulkString("events")
	r.Array(len(e.Events))
	for i := range e.Events {
		c.replyExplained(&e.Events[i])
	}
	return nil
}

// runExplained runs the command so that it fires the events of all its keys, whoever handles them.
func (c *Call) runExplained() error {
	if err := c.guardFeeds(); err != nil {
		return err
	}
	if c.Session.raw || c.Cmd.ownEvents {
		return c.Cmd.run(c)
	}
	return c.runObserved()
}

func (c *Call) replyExplained(ev *aso.ExplainedEvent) {
	r := c.Reply
	r.Map(4)
	replyText(r, "event", ev.Event.String())
	replyInt(r, "db", int64(ev.DB))
	replyText(r, "key", ev.Key)
	r.BulkString("handlers")
	r.Array(len(ev.Handlers))
	for i := range ev.Handlers {
		c.replyExplainedHandler(&ev.Handlers[i])
	}
}

func (c *Call) replyExplainedHandler(x *aso.ExplainedHandler) {
	r := c.Reply
	const common, ofActing = 10, 6
	if x.Acts {
		r.Map(common + ofActing)
	} else {
		r.Map(common)
	}
	replyInt(r, "acts", asInt(x.Acts))
	replyText(r, "why", x.Why)
	if x.By == nil {
		replyNulls(r, "rule", "glob", "order")
	} else {
		replyText(r, "rule", x.Rule)
		replyText(r, "glob", x.By.Glob)
		replyInt(r, "order", x.By.Order)
	}
	c.replyHandler(&x.Attached)
	if !x.Acts {
		return
	}
	replyInt(r, "candidate", asInt(x.Candidate))
	if x.From == "" {
		replyNulls(r, "from")
	} else {
		replyText(r, "from", x.From)
	}
	replyText(r, "rights", x.Rights.String())
	replyExplainedLimits(r, x)
	r.BulkString("budgets")
	replyList(r, x.Budgets, replyLimit)
	if x.Grant == nil {
		replyNulls(r, "grant")
		return
	}
	r.BulkString("grant")
	replyGrant(r, x.Grant)
}

// replyExplainedLimits replies with the limits of a run, by the names that sources have for them.
func replyExplainedLimits(r *wire.Reply, x *aso.ExplainedHandler) {
	limits := [...]struct {
		name string
		n    int64
	}{
		{sandbox.LimitInstructions, x.Limits.Instructions},
		{sandbox.LimitMemory, x.Limits.Memory},
		{sandbox.LimitState, int64(x.Limits.State)},
		{sandbox.LimitTimers, int64(x.Objects.Timers)},
		{sandbox.LimitMessages, int64(x.Objects.Messages)},
		{sandbox.LimitHops, int64(x.Objects.Hops)},
	}
	r.BulkString("limits")
	r.Map(len(limits))
	for _, l := range limits {
		replyInt(r, l.name, l.n)
	}
}

// replyNulls replies with pairs of names and nothing.
func replyNulls(r *wire.Reply, names ...string) {
	for _, name := range names {
		r.BulkString(name)
		r.Null()
	}
}
