package command

import (
	"comet/aso"
)

var replayCommands = family{
	"aso.replay|list": {run: asoReplayList, access: accessNone},
	"aso.replay|show": {run: asoReplayShow, access: accessNone},
	"aso.replay|run":  {run: asoReplayRun, access: accessAll},
}

// asoReplayList replies with the recorded failures, the newest first.
func asoReplayList(c *Call) error {
	runs := c.Server.ks.FailedRuns()
	c.Reply.Array(len(runs))
	for _, f := range runs {
		c.Reply.Map(recordFields)
		c.replyRecord(f)
	}
	return nil
}

// recordFields is how many pairs replyRecord writes.
const recordFields = 8

func (c *Call) replyRecord(f *aso.FailedRun) {
	r := c.Reply
	for _, text := range [...]string{"id", f.Name(), "key", f.Key, "handler", f.Handler, "event", f.Event.String(), "error", f.Error} {
		r.BulkString(text)
	}
	replyInt(r, "time", f.Time)
	replyInt(r, "db", int64(f.DB))
	replyInt(r, "fuel", f.Fuel)
}

// asoReplayShow replies with a recorded failure and what its event told.
func asoReplayShow(c *Call) error {
	f, err := c.Server.ks.FailedRun(string(c.Arg(2)))
	if err != nil {
		return err
	}
	c.Reply.Map(recordFields + 1)
	c.replyRecord(f)
	c.Reply.BulkString("fields")
	c.Reply.Map(len(f.Fields))
	for i := range f.Fields {
		c.Reply.BulkString(f.Fields[i].Key.Str)
		replyValue(c.Reply, f.Fields[i].Value)
	}
	return nil
}

// asoReplayRun runs a recorded failure again, as a dry run.
func asoReplayRun(c *Call) error {
	with := ""
	switch {
	case len(c.Args) == 5 && c.Is(3, "WITH"):
		with = string(c.Arg(4))
	case len(c.Args) != 3:
		return errSyntax
	}
	f, err := c.Server.ks.FailedRun(string(c.Arg(2)))
	if err != nil {
		return err
	}
	d, err := c.Tx.RunAgain(f, with)
	if err != nil {
		return err
	}
	c.Reply.Map(dryRunFields)
	c.replyDryRun(d)
	return nil
}
