package command

import (
	"comet/aso"
	"comet/aso/sandbox"
	"comet/resp/wire"
)

var showCommands = family{
	"aso.show": {run: asoShow, access: accessAlone, events: true},
}

// hidden stands for what the client has no right to see.
const hidden = "(hidden)"

// asoShow replies with all that an object is besides its value.
func asoShow(c *Call) error {
	key := c.Arg(1)
	if c.Tx != nil {
		shown, err := c.Tx.Show(key)
		if err != nil {
			return err
		}
		return c.replyShown(key, &shown)
	}
	shown, gate, err := c.Server.ks.Show(c.Session.db, key)
	if err != nil {
		return err
	}
	c.Server.ks.WaitToShow(gate)
	return c.replyShown(key, &shown)
}

func (c *Call) replyShown(key []byte, shown *aso.Shown) error {
	state, err := sandbox.DecodeState(shown.State)
	if err != nil {
		return err
	}
	r := c.Reply
	r.Map(11)
	replyText(r, "type", shown.Kind.String())
	r.BulkString("handlers")
	c.replyAllActing(shown.Handlers)
	r.BulkString("state")
	switch {
	case !c.may([]byte("aso.state"), key):
		r.BulkString(hidden)
	case state.Kind == sandbox.Nil:
		r.Map(0)
	default:
		replyValue(r, state)
	}
	r.BulkString("timers")
	replyTimers(r, key, shown.Timers, shown.Runs)
	replyMessageCount(r, "messages_to", &shown.To)
	replyMessageCount(r, "messages_from", &shown.From)
	replyInt(r, "answers_awaited", int64(shown.Answers))
	replyInt(r, "dedup_ids", int64(shown.Dedups))
	replyInt(r, "clients_waiting", int64(shown.Waiting))
	r.BulkString("budgets")
	replyList(r, shown.Budgets, replyLimit)
	r.BulkString("runs")
	if shown.Runs == nil {
		r.Null()
		return nil
	}
	r.Map(objectFields)
	replyObjectStats(r, shown.Runs)
	return nil
}

func replyMessageCount(r *wire.Reply, name string, n *aso.MessageCount) {
	r.BulkString(name)
	r.Map(3)
	replyInt(r, "pending", n.Pending)
	replyInt(r, "retrying", n.Retrying)
	replyInt(r, "age_ms", n.Age)
}

// may reports whether the client has the right to a command with these arguments.
func (c *Call) may(args ...[]byte) bool {
	cmd, err := c.Server.table.lookup(args)
	return err == nil && c.Session.MayRun(cmd, args) == nil
}
