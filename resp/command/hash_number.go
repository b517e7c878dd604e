package command

import (
	"math"

	"comet/aso"
	"comet/aso/value"
)

const (
	errHashInteger = aso.Error("ERR hash value is not an integer")
	errHashFloat   = aso.Error("ERR hash value is not a float")
	errNaNOrInf    = aso.Error("ERR value is NaN or Infinity")
)

// hincrby adds an integer to a field and replies with the sum.
func hincrby(c *Call) error {
	incr, err := c.Int(3)
	if err != nil {
		return err
	}
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	var old int64
	if text, ok := h.Get(c.Arg(2)); ok {
		if old, ok = value.ParseInt(text); !ok {
			return errHashInteger
		}
	}
	if incr > 0 && old > math.MaxInt64-incr || incr < 0 && old < math.MinInt64-incr {
		return errIncrRange
	}
	var text [24]byte
	h.Set(c.Arg(2), value.AppendInt(text[:0], old+incr))
	c.Reply.Int(old + incr)
	return c.stored(h.Exists(), aso.NotifyHash, "hincrby", 1)
}

// hincrbyfloat adds a number to a field, with the precision of a long double, and replies with the sum.
func hincrbyfloat(c *Call) error {
	incr, ok := value.ParseLongDouble(c.Arg(3))
	switch {
	case !ok:
		return errNotFloat
	case incr.IsInf():
		return errNaNOrInf
	}
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	text, ok := h.Get(c.Arg(2))
	if !ok {
		text = zeroText
	}
	old, ok := value.ParseLongDouble(text)
	if !ok {
		return errHashFloat
	}
	sum, ok := old.Add(incr)
	if !ok {
		return errNaN
	}
	result := sum.Append(nil)
	h.Set(c.Arg(2), result)
	c.Reply.Bulk(result)
	return c.stored(h.Exists(), aso.NotifyHash, "hincrbyfloat", 1)
}

var zeroText = []byte("0")
