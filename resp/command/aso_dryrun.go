package command

import (
	"bytes"
	"math"

	"comet/aso"
	"comet/resp/wire"
)

var dryRunCommands = family{
	"aso.dryrun": {run: asoDryRun, events: true},
}

const (
	errNoDryRun     = aso.Error("ERR a dry run is of a command that reads or writes keys")
	errDryKey       = aso.Error("ERR the command does not name the key")
	errDryVariables = aso.Error("ERR functions of this library change its variables, which cannot be taken back")
)

// dryRunOf returns where the command of ASO.DRYRUN begins, 0 if there is none.
func dryRunOf(args [][]byte) int {
	for i := 2; i < len(args)-1; i++ {
		switch {
		case string(args[i]) == "--":
			return i + 1
		case equalFold(args[i], "NOW") || equalFold(args[i], "WITH"):
			i++
		default:
			return 0
		}
	}
	return 0
}

// innerLocks lets a command take the locks of the one that it runs, whose place in its arguments find tells; 0 is none.
func (t table) innerLocks(name string, find func(args [][]byte) int) {
	outer := t[name]
	if outer == nil {
		return
	}
	outer.single, outer.several = false, false
	outer.moreLocks = func(args [][]byte, l *aso.Locks) {
		if at := find(args); at > 0 {
			if cmd, err := t.lookup(args[at:]); err == nil && cmd.mayDryRun() {
				cmd.addLocks(args[at:], l)
				if cmd.script { // it may use keys that it does not declare
					l.AddAll()
				}
			}
		}
	}
}

// mayDryRun reports whether ASO.DRYRUN runs the command: all it does must be undone by taking back what it did to keys.
func (cmd *Command) mayDryRun() bool {
	return cmd.access == accessKeys && cmd.special == nil && (cmd.has(flagWrite|flagReadOnly) || cmd.script) && len(cmd.Keys) > 0 &&
		cmd.Name != "aso.dryrun" && cmd.Name != "aso.explain"
}

// asoDryRun runs a command with the handlers of its objects, replies with all it did, and takes it back.
func asoDryRun(c *Call) error {
	at := dryRunOf(c.Args)
	if at == 0 {
		return errSyntax
	}
	d := aso.DryRun{Key: c.Arg(1)}
	for i := 2; i < at-1; i += 2 {
		if c.Is(i, "WITH") {
			d.With = string(c.Arg(i + 1))
			continue
		}
		now, err := c.IntIn(i+1, 1, math.MaxInt64-aso.MaxDelay, errTimerAt)
		if err != nil {
			return err
		}
		d.Now = now
	}
	cmd, err := c.dryCommand(c.Args[at:], d.Key, errNoDryRun)
	if err != nil {
		return err
	}
	reply := &wire.Reply{}
	reply.SetProtocol(c.Reply.Protocol())
	inner := Call{Args: c.Args[at:], Cmd: cmd, Tx: c.Tx, Reply: reply, Session: c.Session, Server: c.Server}
	var failed error
	err = c.Tx.DryRun(&d, func() {
		if failed = c.Server.runActive(&inner); failed != nil {
			text, _ := clientError(failed)
			reply.Reset()
			reply.Error(text)
		} else if inner.park != nil { // it would wait
			reply.Reset()
			reply.Null()
		}
	})
	switch {
	case err != nil:
		return err
	case failed == errDryVariables:
		return failed
	}
	c.Reply.Map(1 + dryRunFields)
	c.Reply.BulkString("reply")
	c.Reply.Raw(reply.Bytes())
	c.replyDryRun(&d)
	return nil
}

// dryCommand finds a command that is to run and be taken back, on a key, which the client must have the right to; refused is the error for one
// that cannot.
func (c *Call) dryCommand(args [][]byte, key []byte, refused error) (*Command, error) {
	cmd, err := c.Server.table.lookup(args)
	if err != nil {
		return nil, err
	}
	if !cmd.mayDryRun() || cmd.moreLocks != nil && cmd.unnamed == nil && loadsCode(cmd, args) {
		return nil, refused
	}
	if err := c.Server.permit(c.Session, cmd, args); err != nil {
		return nil, err
	}
	named := false
	cmd.eachKey(args, func(i int, _ *KeySpec) { named = named || bytes.Equal(args[i], key) })
	if !named {
		return nil, errDryKey
	}
	return cmd, nil
}

// loadsCode reports whether the command needs all locks to change code, which everybody would see.
func loadsCode(cmd *Command, args [][]byte) bool {
	var more, all aso.Locks
	cmd.moreLocks(args, &more)
	all.AddAll()
	return more.Contains(&all)
}

// dryRunFields is how many pairs replyDryRun writes.
const dryRunFields = 9

func (c *Call) replyDryRun(d *aso.DryRun) {
	r := c.Reply
	r.BulkString("runs")
	replyList(r, d.Runs, replyDryRunRun)
	r.BulkString("effects")
	replyList(r, d.Effects, replyEffect)
	r.BulkString("notifications")
	replyList(r, d.Notified, func(r *wire.Reply, n *aso.DryRunNotice) {
		r.Map(2)
		replyTexts(r, "event", n.Event, "key", n.Key)
	})
	r.BulkString("timers")
	replyList(r, d.Timers, replyDryRunTimer)
	r.BulkString("messages")
	replyList(r, d.Messages, func(r *wire.Reply, m *aso.DryRunMessage) {
		r.Map(2)
		replyTexts(r, "channel", m.Channel, "message", m.Content)
	})
	r.BulkString("sent")
	replyList(r, d.Sent, replyDryRunSent)
	r.BulkString("logs")
	replyList(r, d.Logs, func(r *wire.Reply, l *aso.LogEntry) {
		r.Map(3)
		replyTexts(r, "handler", l.Handler, "event", l.Event, "text", l.Text)
	})
	replyInt(r, "fuel", d.Fuel)
	replyInt(r, "peak", d.Peak)
}

func replyDryRunRun(r *wire.Reply, run *aso.DryRunRun) {
	r.Map(8)
	replyTexts(r, "event", run.Event, "key", run.Key, "handler", run.Handler, "rule", run.Rule, "mode", modeName(run.Observe), "outcome", run.Outcome)
	replyInt(r, "fuel", run.Fuel)
	replyInt(r, "peak", run.Peak)
}

func replyEffect(r *wire.Reply, e *aso.Effect) {
	r.Map(3)
	replyText(r, "op", e.Op)
	replyText(r, "key", e.Key)
	r.BulkString("fields")
	r.Map(len(e.Fields))
	for _, f := range e.Fields {
		r.BulkString(f.Name)
		r.BulkString(f.Text)
	}
}

func replyDryRunTimer(r *wire.Reply, t *aso.DryRunTimer) {
	what := "set"
	if t.Cancelled {
		what = "cancel"
	}
	r.Map(4)
	replyTexts(r, "what", what, "key", t.Key, "name", t.Timer.Name)
	replyInt(r, "at", t.Timer.At)
}

func replyDryRunSent(r *wire.Reply, s *aso.DryRunSent) {
	r.Map(4)
	replyTexts(r, "to", s.To, "message", s.Name, "payload", s.Payload)
	replyInt(r, "due", s.Due)
}
