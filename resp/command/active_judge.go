package command

import (
	"comet/aso"
	"comet/aso/sandbox"
)

// moving are the commands that take from one key and give to another: either both happens or nothing.
var moving = map[string]bool{"lmove": true, "rpoplpush": true, "blmove": true, "brpoplpush": true, "smove": true}

// relocating are the commands that move an object as a whole.
var relocating = map[string]bool{"rename": true, "renamenx": true, "move": true}

// expiring are the commands that delete a key only by a time to live that has passed.
var expiring = map[string]bool{"expire": true, "pexpire": true, "expireat": true, "pexpireat": true, "getex": true}

// judgeAll runs the handlers for what the command did to the observed objects: it may have created, changed or deleted them.
func (a *activeRun) judgeAll() error {
	if !a.c.Cmd.has(flagWrite) {
		return nil
	}
	for i := range a.keys {
		o := &a.keys[i]
		if err := o.inDB(o.judgeChange); err != nil {
			return err
		}
		if o.kept && a.c.Cmd.has(flagMoving) {
			a.discountKept()
			_, err := a.c.Tx.TakeBack(*a.mark, a.handled()...)
			return err
		}
	}
	for i := range a.keys {
		if o := &a.keys[i]; o.deleted && !o.stays {
			a.c.Tx.Delete(o.key)
		}
	}
	a.discountKept()
	return nil
}

func (o *observed) judgeChange() error {
	switch {
	case o.deleted:
		return o.judgeDelete()
	case o.changed:
		return o.judge(o.writing())
	}
	return nil
}

// writing returns the event of a write to o.
func (o *observed) writing() sandbox.Handler {
	if o != nil && o.existed {
		return sandbox.OnUpdate
	}
	return sandbox.OnPut
}

// judge lets onPut or onUpdate accept, replace or refuse what the command wrote.
func (o *observed) judge(h sandbox.Handler) error {
	if !o.on.Has(h) {
		return nil
	}
	tx := o.run.c.Tx
	before, _ := tx.Deadline(o.key)
	outcome, err := o.handle(h)
	switch {
	case err != nil:
		return err
	case outcome.Verdict == sandbox.Replace:
		return tx.SetReturned(o.key, aso.Event{Handler: h, Fields: o}, outcome.Value)
	case outcome.Verdict != sandbox.Keep:
		return nil
	}
	o.kept = true
	after, ok := tx.Deadline(o.key)
	tx.Silence(*o.run.mark, o.key)
	if err := tx.RevertValue(*o.run.mark, o.key); err != nil || !ok || after == before {
		return err
	}
	return tx.SetDeadline(o.key, after) // that the handler set
}

// judgeDelete lets the handlers of o, which is still there, accept, refuse or undo its deletion.
func (o *observed) judgeDelete() error {
	tx := o.run.c.Tx
	switch {
	case o.on.Has(sandbox.OnExpire) && o.run.c.Cmd.has(flagExpiring):
		o.stays = tx.LetExpire(o.key)
	case o.on.Has(sandbox.OnDelete):
		outcome, err := o.handle(sandbox.OnDelete)
		if err != nil {
			return err
		}
		o.kept = outcome.Verdict == sandbox.Keep
		o.stays = o.kept
	}
	if o.stays {
		tx.Silence(*o.run.mark, o.key)
	}
	return nil
}

// discountKept lowers the count that the command has replied with by the objects that stay.
func (a *activeRun) discountKept() {
	kept := int64(0)
	for i := range a.keys {
		if o := &a.keys[i]; o.kept && o.deleted {
			kept++
		}
	}
	if kept == 0 {
		return
	}
	r := a.c.Reply
	n, ok := intReply(r.Bytes()[a.start:])
	if !ok {
		return
	}
	if n -= kept; a.c.Cmd.Name != "del" && a.c.Cmd.Name != "unlink" {
		n = 0 // of items, not of keys
	}
	r.Truncate(a.start)
	r.Int(n)
}
