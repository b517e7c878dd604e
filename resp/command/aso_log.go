package command

import (
	"comet/aso"
	"comet/resp/wire"
)

var logCommands = family{
	"aso.log":    {run: asoLog, events: true},
	"aso.errors": {run: asoErrors, access: accessNone},
}

// asoLog replies with what the handlers of an object have logged, the newest first.
func asoLog(c *Call) error {
	count, err := c.countOption(2)
	if err != nil {
		return err
	}
	entries := c.Server.ks.Log(c.Tx.DB(), c.Arg(1), count)
	replyList(c.Reply, entries, func(r *wire.Reply, e *aso.LogEntry) {
		r.Map(6)
		replyInt(r, "time", e.Time)
		replyText(r, "id", e.EventID())
		replyText(r, "cause", e.CauseID())
		replyText(r, "handler", e.Handler)
		replyText(r, "event", e.Event)
		replyText(r, "text", e.Text)
	})
	return nil
}

// asoErrors replies with what went wrong with what belongs to no object, the newest first.
func asoErrors(c *Call) error {
	count, err := c.countOption(1)
	if err != nil {
		return err
	}
	replyList(c.Reply, c.Server.ks.Troubles(count), func(r *wire.Reply, t *aso.Trouble) {
		r.Map(3)
		replyInt(r, "time", t.Time)
		replyText(r, "subject", t.Subject)
		replyText(r, "text", t.Text)
	})
	return nil
}
