package command

import (
	"math"

	"comet/aso"
	"comet/aso/value"
)

const errDecrRange = aso.Error("ERR decrement would overflow")

func incr(c *Call) error { return c.add(1) }
func decr(c *Call) error { return c.add(-1) }

// incrby adds to an integer.
func incrby(c *Call) error {
	by, err := c.Int(2)
	if err != nil {
		return err
	}
	return c.add(by)
}

// decrby subtracts from an integer.
func decrby(c *Call) error {
	by, err := c.Int(2)
	if err != nil {
		return err
	}
	if by == math.MinInt64 {
		return errDecrRange
	}
	return c.add(-by)
}

// add adds to the integer at the command's key and replies with the sum. A missing key is 0.
func (c *Call) add(by int64) error {
	key := c.Arg(1)
	s, found, err := c.Tx.String(key)
	if err != nil {
		return err
	}
	var n int64
	if found {
		var ok bool
		if n, ok = value.ParseInt(s); !ok {
			return errNotInteger
		}
	}
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		return errIncrRange
	}
	n += by
	var buf [20]byte
	if err := c.Tx.SetString(key, value.AppendInt(buf[:0], n), aso.KeepDeadline); err != nil {
		return err
	}
	c.Tx.Notify(aso.NotifyString, "incrby", key)
	c.Reply.Int(n)
	return nil
}

// incrbyfloat adds to a number and replies with the sum as a string.
func incrbyfloat(c *Call) error {
	key := c.Arg(1)
	s, found, err := c.Tx.String(key)
	if err != nil {
		return err
	}
	if !found {
		s = []byte("0")
	}
	sum, err := addFloat(s, c.Arg(2))
	if err != nil {
		return err
	}
	if err := c.Tx.SetPlainString(key, sum, aso.KeepDeadline); err != nil {
		return err
	}
	c.Tx.Notify(aso.NotifyString, "incrbyfloat", key)
	c.Reply.Bulk(sum)
	return nil
}

// addFloat returns the sum of two numbers as text.
func addFloat(a, b []byte) ([]byte, error) {
	x, okX := value.ParseLongDouble(a)
	y, okY := value.ParseLongDouble(b)
	if !okX || !okY {
		return nil, errNotFloat
	}
	sum, ok := x.Add(y)
	if !ok {
		return nil, errNaN
	}
	return sum.Append(nil), nil
}
