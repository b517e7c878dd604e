package command

import (
	"comet/aso"
)

var dlqCommands = family{
	"aso.dlq|drop":  {run: asoDLQDrop, access: accessNone, locks: deadLocks, events: true},
	"aso.dlq|len":   {run: asoDLQLen, access: accessNone},
	"aso.dlq|list":  {run: asoDLQList, access: accessAlone},
	"aso.dlq|retry": {run: asoDLQRetry, access: accessNone, locks: deadLocks, events: true},
	"aso.dlq|show":  {run: asoDLQShow, access: accessNone, locks: deadLocks},
}

const errDeadID = aso.Error("ERR invalid dead letter id")

// deadLocks takes the lock of the dead letter that the command names.
func deadLocks(args [][]byte, l *aso.Locks) {
	if id, ok := aso.ParseDeadID(args[2]); ok {
		id.Locks(l)
	}
}

// deadID returns argument 2 as the id of a dead letter.
func (c *Call) deadID() (aso.DeadID, error) {
	id, ok := aso.ParseDeadID(c.Arg(2))
	if !ok {
		return id, errDeadID
	}
	return id, nil
}

// asoDLQList replies with the newest dead letters of the database.
func asoDLQList(c *Call) error {
	pattern, count, err := c.matchAndCount(2)
	if err != nil {
		return err
	}
	found := across(c, (*aso.Tx).DeadLetters, (*aso.Keyspace).DeadLetters, pattern, count)
	c.Reply.Array(len(found))
	for _, l := range found {
		c.Reply.Map(10)
		c.replyDead(l)
	}
	return nil
}

// across finds what is spread over the store: with the locks that the command holds in EXEC, else partition by partition.
func across[T any](
	c *Call, in func(*aso.Tx, []byte, int) []T, over func(*aso.Keyspace, int, []byte, int) ([]T, uint64), pattern []byte, count int,
) []T {
	if c.Tx != nil {
		return in(c.Tx, pattern, count)
	}
	found, gate := over(c.Server.ks, c.Session.db, pattern, count)
	c.Server.ks.WaitToShow(gate)
	return found
}

// matchAndCount reads the options MATCH and COUNT from argument i on.
func (c *Call) matchAndCount(i int) (pattern []byte, count int, err error) {
	pattern, count = []byte("*"), 10
	for ; i < len(c.Args); i += 2 {
		switch {
		case i+1 == len(c.Args):
			return nil, 0, errSyntax
		case c.Is(i, "MATCH"):
			pattern = c.Arg(i + 1)
		case c.Is(i, "COUNT"):
			if count, err = c.Natural(i+1, errNotPositive); err != nil {
				return nil, 0, err
			}
		default:
			return nil, 0, errSyntax
		}
	}
	return pattern, count, nil
}

// replyDead replies with the fields of l, but not with its data.
func (c *Call) replyDead(l *aso.DeadLetter) {
	r := c.Reply
	replyText(r, "id", l.ID.String())
	replyText(r, "kind", l.Kind.String())
	replyInt(r, "time", l.Time)
	replyInt(r, "db", int64(l.DB))
	replyText(r, "key", l.Key)
	replyText(r, "name", l.Name)
	replyText(r, "handler", l.Handler)
	replyInt(r, "due", l.Due)
	replyInt(r, "attempts", l.Attempts)
	replyText(r, "error", l.Error)
}

// asoDLQShow replies with a dead letter and its data, or null.
func asoDLQShow(c *Call) error {
	id, err := c.deadID()
	if err != nil {
		return err
	}
	l := c.Tx.Dead(id)
	if l == nil {
		c.Reply.Null()
		return nil
	}
	c.Reply.Map(11)
	c.replyDead(l)
	c.Reply.BulkString("data")
	c.Reply.Bulk(l.Data)
	return nil
}

// asoDLQRetry lets the work of a dead letter run again: 1, or 0 if there is no such dead letter.
func asoDLQRetry(c *Call) error {
	id, err := c.deadID()
	if err != nil {
		return err
	}
	return c.guarded(func() error {
		found, err := c.Tx.RetryDead(id)
		if err == nil {
			c.intBool(found)
		}
		return err
	})
}

// asoDLQDrop removes a dead letter: 1, or 0 if there is no such dead letter.
func asoDLQDrop(c *Call) error {
	id, err := c.deadID()
	if err != nil {
		return err
	}
	c.intBool(c.Tx.DropDead(id) != nil)
	return nil
}

// asoDLQLen replies with the number of dead letters of all databases.
func asoDLQLen(c *Call) error {
	c.Reply.Int(c.Server.ks.DeadCount())
	return nil
}
