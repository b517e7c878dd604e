package command

import (
	"math"
	"math/bits"
	"strconv"

	"comet/aso"
)

var throttleCommands = family{"cl.throttle": {run: clThrottle}}

const (
	errThrottleUsage = aso.Error("Cell error: Usage: cl.throttle <key> <max_burst> <count per period> <period> [<quantity>]")
	errThrottleZero  = aso.Error("Cell error: Zero rates are not supported")
	errThrottleRange = aso.Error("Cell error: Value out of range")
)

// throttle is the generic cell rate algorithm with the arithmetic of redis-cell. All times are in nanoseconds.
type throttle struct {
	interval  int64 // between requests at the nominal rate
	limit     int64 // requests that may come at once
	tolerance int64 // interval times limit
	increment int64 // interval times the quantity asked for
}

// throttled is what a request gets. Times are in nanoseconds from now.
type throttled struct {
	limited           bool
	remaining         int64
	retry, reset, tat int64 // retry is -1 s unless it is limited and can ever succeed; tat is absolute
}

// clThrottle limits the rate of requests as CL.THROTTLE of redis-cell: {limited, limit, remaining, seconds to retry, seconds to reset}. As
// there, the key holds the theoretical arrival time of the next request in Unix nanoseconds, and expires when all of the limit is free again.
func clThrottle(c *Call) error {
	t, err := c.throttleArguments()
	if err != nil {
		return err
	}
	key := c.Arg(1)
	now := c.Tx.Now() * 1e6
	tat := now
	stored, ok, err := c.Tx.String(key)
	if err != nil {
		return err
	}
	if ok {
		if tat, err = throttleNumber(stored); err != nil {
			return err
		}
	}
	r := t.request(now, tat)
	if !r.limited && t.increment > 0 {
		deadline := (r.tat + 1e6 - 1) / 1e6
		if err := c.setExpiring(key, strconv.AppendInt(nil, r.tat, 10), deadline); err != nil {
			return err
		}
	}
	limited := int64(0)
	if r.limited {
		limited = 1
	}
	c.Reply.Array(5)
	for _, n := range [...]int64{limited, t.limit, r.remaining, wholeSeconds(r.retry), wholeSeconds(r.reset)} {
		c.Reply.Int(n)
	}
	return nil
}

// request decides on a request at now when the next one at the nominal rate would be due at tat.
func (t *throttle) request(now, tat int64) (r throttled) {
	r.tat = max(now, tat) + t.increment
	early := r.tat - t.tolerance - now
	r.limited, r.retry, r.reset = early > 0, -1e9, r.tat-now
	if r.limited {
		r.reset = tat - now
		if t.increment <= t.tolerance {
			r.retry = early
		}
	}
	if free := t.tolerance - r.reset; free > -t.interval {
		r.remaining = int64(float64(free/1e3) / (float64(t.interval) / 1e3))
	}
	return r
}

// throttleArguments returns the limit that the arguments describe.
func (c *Call) throttleArguments() (t throttle, err error) {
	if len(c.Args) > 6 {
		return t, errThrottleUsage
	}
	n := [4]int64{3: 1}
	for i, arg := range c.Args[2:] {
		if n[i], err = throttleNumber(arg); err != nil {
			return t, err
		}
	}
	burst, count, period, quantity := n[0], n[1], n[2], n[3]
	const second, longest = 1e9, math.MaxInt64 / 4 / 1_000_000_000
	switch {
	case count == 0 || period == 0:
		return t, errThrottleZero
	case burst < 0 || count < 0 || period < 0 || quantity < 0 || burst == math.MaxInt64 || period > longest:
		return t, errThrottleRange
	}
	t.interval, t.limit = int64(float64(period)*second/float64(count)), burst+1
	if t.interval == 0 {
		return t, errThrottleZero
	}
	var fits, fits2 bool
	t.tolerance, fits = multiply(t.interval, t.limit)
	t.increment, fits2 = multiply(t.interval, quantity)
	if !fits || !fits2 {
		return t, errThrottleRange
	}
	return t, nil
}

// multiply returns the product of two numbers that are not negative; ok is false if times with it would overflow.
func multiply(a, b int64) (product int64, ok bool) {
	high, low := bits.Mul64(uint64(a), uint64(b))
	return int64(low), high == 0 && low < math.MaxInt64/4
}

func throttleNumber(text []byte) (int64, error) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0, aso.Failure("Cell error:", "Couldn't parse as integer: "+string(text))
	}
	return n, nil
}

// wholeSeconds rounds up if there are milliseconds besides, so that nobody comes back too early.
func wholeSeconds(ns int64) int64 {
	s := ns / 1e9
	if ns%1e9 >= 1e6 {
		s++
	}
	return s
}
