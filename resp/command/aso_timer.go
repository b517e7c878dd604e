package command

import (
	"math"

	"comet/aso"
	"comet/resp/wire"
)

const (
	errTimerWhen  = aso.Error("ERR a timer needs one of IN, AT or EVERY")
	errTimerDelay = aso.Error("ERR invalid timer time")
)

// asoTimerSet arms or changes a named timer: 1 if it is new, 0 if it changed, null if NX or XX forbade it.
func asoTimerSet(c *Call) error {
	t, mode, err := c.timerOptions()
	if err != nil {
		return err
	}
	result, err := c.Tx.SetTimer(c.Arg(2), t, mode)
	switch {
	case err != nil:
		return err
	case result == aso.TimerBlocked:
		c.Reply.Null()
	default:
		c.replyBool(result == aso.TimerCreated)
	}
	return nil
}

func (c *Call) timerOptions() (t aso.Timer, mode aso.TimerMode, err error) {
	t.Name = string(c.Arg(3))
	whens := 0
	for i := 4; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "NX") && mode == aso.TimerAlways:
			mode = aso.TimerIfNew
			continue
		case c.Is(i, "XX") && mode == aso.TimerAlways:
			mode = aso.TimerIfThere
			continue
		case i+1 == len(c.Args):
			return t, mode, errSyntax
		}
		var n int64
		switch {
		case c.Is(i, "IN"):
			n, err = c.IntIn(i+1, 0, aso.MaxDelay, errTimerDelay)
			t.At, whens = c.Tx.Now()+n, whens+1
		case c.Is(i, "AT"):
			t.At, err = c.IntIn(i+1, 1, math.MaxInt64, errTimerDelay)
			whens++
		case c.Is(i, "EVERY"):
			t.Every, err = c.IntIn(i+1, 1, aso.MaxDelay, errTimerDelay)
			whens++
		case c.Is(i, "COUNT"):
			t.Left, err = c.IntIn(i+1, 1, math.MaxInt64, "")
		case c.Is(i, "UNTIL"):
			t.Until, err = c.IntIn(i+1, 1, math.MaxInt64, errTimerDelay)
		case c.Is(i, "DATA"):
			t.Data = c.Arg(i + 1)
		default:
			err = errSyntax
		}
		if err != nil {
			return t, mode, err
		}
		i++
	}
	if whens != 1 {
		return t, mode, errTimerWhen
	}
	return t, mode, nil
}

// asoTimerDel disarms a timer.
func asoTimerDel(c *Call) error {
	gone, err := c.Tx.CancelTimer(c.Arg(2), string(c.Arg(3)))
	if err != nil {
		return err
	}
	c.replyBool(gone)
	return nil
}

// asoTimerList replies with the timers of an object, the next one first.
func asoTimerList(c *Call) error {
	timers, err := c.Tx.Timers(c.Arg(2))
	if err != nil {
		return err
	}
	replyTimers(c.Reply, timers)
	return nil
}

func replyTimers(r *wire.Reply, timers []aso.Timer) {
	r.Array(len(timers))
	for i := range timers {
		t := &timers[i]
		r.Map(7)
		r.BulkString("name")
		r.BulkString(t.Name)
		for _, f := range [...]struct {
			name string
			n    int64
		}{{"at", t.At}, {"every", t.Every}, {"count", t.Left}, {"until", t.Until}, {"attempt", t.Attempt}} {
			r.BulkString(f.name)
			r.Int(f.n)
		}
		r.BulkString("data")
		r.Bulk(t.Data)
	}
}
