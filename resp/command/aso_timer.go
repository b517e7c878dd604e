package command

import (
	"math"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/resp/wire"
)

var timerCommands = family{
	"aso.timer|set":  {run: asoTimerSet, events: true},
	"aso.timer|del":  {run: asoTimerDel, events: true},
	"aso.timer|fire": {run: asoTimerFire, events: true},
	"aso.timer|list": {run: asoTimerList, events: true},
	"aso.timer|next": {run: asoTimerNext, access: accessAlone},
}

const (
	errTimerAt      = aso.Error("ERR invalid timer time: want milliseconds, a whole number")
	errTimerDelay   = aso.Error("ERR invalid timer time: want milliseconds, or 500ms, 10s, 5m, 2h, 1d")
	errTimerCatchUp = aso.Error("ERR CATCHUP is skip, one or all")
	errTimerRetries = aso.Error("ERR RETRY is from 0 to 1000")
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
		c.intBool(result == aso.TimerCreated)
	}
	return nil
}

func (c *Call) timerOptions() (t aso.Timer, mode aso.TimerMode, err error) {
	t = aso.NewTimer(string(c.Arg(3)))
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
			return t, mode, c.errOption(i)
		}
		when, err := c.timerOption(&t, i)
		if err != nil {
			return t, mode, err
		}
		if when {
			whens++
		}
		i++
	}
	if whens != 1 {
		return t, mode, aso.ErrTimerTime
	}
	return t, mode, nil
}

// timerOption reads the option at position i, which has a value, and reports whether it says when the timer fires.
func (c *Call) timerOption(t *aso.Timer, i int) (when bool, err error) {
	number := func(dst *int64, lo, hi int64, text aso.Error) error {
		n, err := c.IntIn(i+1, lo, hi, text)
		*dst = n
		return err
	}
	switch {
	case c.Is(i, "IN"):
		t.At, err = c.timerDelay(i+1, 0)
		t.At += c.Tx.Now()
		return true, err
	case c.Is(i, "AT"):
		return true, number(&t.At, 1, math.MaxInt64-aso.MaxDelay, errTimerAt)
	case c.Is(i, "EVERY"):
		t.Every, err = c.timerDelay(i+1, 1)
		return true, err
	case c.Is(i, "CRON"):
		t.Cron = string(c.Arg(i + 1))
		return true, nil
	case c.Is(i, "TZ"):
		t.Zone = string(c.Arg(i + 1))
		return false, nil
	case c.Is(i, "JITTER"):
		t.Jitter, err = c.timerDelay(i+1, 0)
		return false, err
	case c.Is(i, "CATCHUP"):
		t.CatchUp, err = c.catchUp(i + 1)
		return false, err
	case c.Is(i, "RETRY"):
		return false, number(&t.Retries, 0, aso.MaxRetries, errTimerRetries)
	case c.Is(i, "COUNT"):
		return false, number(&t.Left, 1, math.MaxInt64, "")
	case c.Is(i, "UNTIL"):
		return false, number(&t.Until, 1, math.MaxInt64, errTimerAt)
	case c.Is(i, "DATA"):
		t.Data = c.Arg(i + 1)
		return false, nil
	}
	return false, c.errOption(i)
}

// timerDelay returns argument i, a duration as parameters have it, in milliseconds.
func (c *Call) timerDelay(i int, least int64) (int64, error) {
	ms, ok := sandbox.ParseDuration(string(c.Arg(i)))
	if !ok || ms < least || ms > aso.MaxDelay {
		return 0, errTimerDelay
	}
	return ms, nil
}

func (c *Call) catchUp(i int) (aso.CatchUp, error) {
	if way, ok := aso.ParseCatchUp(string(c.Arg(i))); ok {
		return way, nil
	}
	return 0, errTimerCatchUp
}

// asoTimerDel disarms a timer.
func asoTimerDel(c *Call) error {
	gone, err := c.Tx.CancelTimer(c.Arg(2), string(c.Arg(3)))
	if err != nil {
		return err
	}
	c.intBool(gone)
	return nil
}

// asoTimerFire fires a timer at once.
func asoTimerFire(c *Call) error {
	return c.guarded(func() error {
		err := c.Tx.FireTimer(c.Arg(2), string(c.Arg(3)))
		if err == nil {
			c.OK()
		}
		return err
	})
}

// asoTimerNext replies with the timers of the database that fire next.
func asoTimerNext(c *Call) error {
	pattern, count, err := c.matchAndCount(2)
	if err != nil {
		return err
	}
	found := across(c, (*aso.Tx).NextTimers, (*aso.Keyspace).NextTimers, pattern, count)
	replyList(c.Reply, found, func(r *wire.Reply, t *aso.DueTimer) {
		r.Map(5)
		replyText(r, "key", t.Key)
		replyText(r, "name", t.Name)
		replyInt(r, "at", t.At)
		replyInt(r, "due", t.Due)
		replyInt(r, "attempt", t.Attempt)
	})
	return nil
}

// asoTimerList replies with the timers of an object, the next one first.
func asoTimerList(c *Call) error {
	timers, err := c.Tx.Timers(c.Arg(2))
	if err != nil {
		return err
	}
	runs, _ := c.Tx.ObjectStats(c.Arg(2))
	replyTimers(c.Reply, c.Arg(2), timers, &runs)
	return nil
}

// replyTimers replies with timers of an object, of whose runs so much is remembered.
func replyTimers(r *wire.Reply, key []byte, timers []aso.Timer, runs *aso.ObjectStats) {
	r.Array(len(timers))
	for i := range timers {
		replyTimer(r, key, &timers[i], runs.LateOf(timers[i].Name))
	}
}

func replyTimer(r *wire.Reply, key []byte, t *aso.Timer, late int64) {
	r.Map(16)
	replyText(r, "name", t.Name)
	replyInt(r, "at", t.At)
	replyInt(r, "due", t.Due)
	replyInt(r, "every", t.Every)
	replyText(r, "cron", t.Cron)
	replyText(r, "tz", t.Zone)
	replyInt(r, "jitter", t.Jitter)
	replyText(r, "catchup", t.CatchUp.String())
	replyInt(r, "retry", t.Retries)
	replyInt(r, "count", t.Left)
	replyInt(r, "until", t.Until)
	replyInt(r, "attempt", t.Attempt)
	replyText(r, "error", t.Err)
	replyInt(r, "late", late)
	replyText(r, "again", t.DeadLetter(key))
	r.BulkString("data")
	r.Bulk(t.Data)
}
