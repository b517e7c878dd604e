package command

import (
	"comet/aso"
	"comet/aso/sandbox"
)

// move is RENAME, RENAMENX and MOVE: the object goes, with its handlers, to another name or database. Before, onDelete of the object
// and onUpdate or onPut of the one that it takes the place of judge that. Where a rule's onGet stays behind, the move shows the value as a copy does.
func (a *activeRun) move() error {
	c := a.c
	src := a.find(c.Tx.DB(), c.Args[1])
	dst := a.find(c.otherDB(), c.Args[1])
	if c.Cmd.Name != "move" {
		dst = a.find(c.Tx.DB(), c.Args[2])
	}
	shows := src != nil && src.reveals && c.Cmd.Name != "move" && c.Tx.Unveils(c.Args[1], c.Args[2])
	if err := c.Cmd.run(c); err != nil {
		return err
	}
	if !shows && !src.has(sandbox.OnDelete) && !dst.has(dst.writing()) || !c.Tx.Changed(*a.mark, c.Args[1]) {
		return nil
	}
	if err := c.Tx.Rollback(*a.mark); err != nil {
		return err
	}
	*a.mark = c.Tx.Mark()
	c.Reply.Truncate(a.start)
	if shows {
		if err := src.showMoved(); err != nil {
			return err
		}
	}
	kept, err := a.judgeMove(src, dst)
	switch {
	case err != nil:
		return err
	case kept && c.Cmd.Name == "rename":
		c.OK()
		return nil
	case kept:
		c.Reply.Int(0)
		return nil
	}
	if err := c.Cmd.run(c); err != nil || dst == nil || !dst.returned {
		return err
	}
	return dst.inDB(func() error {
		return c.Tx.SetReturned(dst.key, aso.Event{Handler: dst.writing(), Fields: dst}, dst.value)
	})
}

// showMoved runs onGet of an object that is about to be where that does not answer for it. What it makes of the value cannot be stored.
func (o *observed) showMoved() error {
	switch outcome, err := o.handle(sandbox.OnGet); {
	case err != nil:
		return err
	case outcome.Verdict == sandbox.Replace:
		return errHidden
	case outcome.Verdict == sandbox.Missing:
		return aso.ErrNoSuchKey
	}
	return nil
}

// has reports whether the object is observed and handles h.
func (o *observed) has(h sandbox.Handler) bool { return o != nil && o.on.Has(h) }

// judgeMove runs the handlers. kept means that nothing is to move.
func (a *activeRun) judgeMove(src, dst *observed) (kept bool, err error) {
	if src.has(sandbox.OnDelete) {
		outcome, err := src.handle(sandbox.OnDelete)
		if err != nil || outcome.Verdict == sandbox.Keep {
			return true, err
		}
	}
	if !dst.has(dst.writing()) {
		return false, nil
	}
	err = dst.inDB(func() error {
		outcome, err := dst.handle(dst.writing())
		kept = outcome.Verdict == sandbox.Keep
		dst.returned, dst.value = outcome.Verdict == sandbox.Replace, outcome.Value
		return err
	})
	return kept, err
}

// written returns ev.new for o: what the command has written there, or is about to move there.
func (a *activeRun) written(o *observed) sandbox.Value {
	tx := a.c.Tx
	switch a.c.Cmd.Name {
	case "rename", "renamenx", "move":
		selected := tx.DB()
		tx.Select(a.home)
		defer tx.Select(selected)
		return tx.VisibleValue(a.c.Args[1])
	}
	return tx.VisibleValue(o.key)
}
