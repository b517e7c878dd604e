package command

import "comet/aso"

const errOffset = aso.Error("ERR offset is out of range")

// appendTo appends to the string and replies with its new length.
func appendTo(c *Call) error {
	key := c.Arg(1)
	s, found, err := c.Tx.String(key)
	if err != nil {
		return err
	}
	length := len(c.Arg(2))
	if found {
		if err := c.checkLength(int64(len(s)), length); err != nil {
			return err
		}
		length, err = c.Tx.Splice(key, len(s), c.Arg(2))
	} else {
		err = c.Tx.SetString(key, c.Arg(2), 0)
	}
	if err != nil {
		return err
	}
	c.Tx.Notify(aso.NotifyString, "append", key)
	c.Reply.Int(int64(length))
	return nil
}

// checkLength returns an error if a string of n more than offset bytes would be too long.
func (c *Call) checkLength(offset int64, n int) error {
	if offset > c.Server.config.ProtoMaxBulkLen.Load()-int64(n) {
		return errStringSize
	}
	return nil
}

// setrange overwrites a part of the string and replies with its new length.
func setrange(c *Call) error {
	offset, err := c.Int(2)
	if err != nil {
		return err
	}
	if offset < 0 {
		return errOffset
	}
	key, part := c.Arg(1), c.Arg(3)
	s, _, err := c.Tx.String(key)
	if err != nil {
		return err
	}
	if len(part) == 0 {
		c.Reply.Int(int64(len(s)))
		return nil
	}
	if err := c.checkLength(offset, len(part)); err != nil {
		return err
	}
	length, err := c.Tx.Splice(key, int(offset), part)
	if err != nil {
		return err
	}
	c.Tx.Notify(aso.NotifyString, "setrange", key)
	c.Reply.Int(int64(length))
	return nil
}

// getrange replies with a part of the string, both ends included; negative ends count from its end.
func getrange(c *Call) error {
	start, err := c.Int(2)
	if err != nil {
		return err
	}
	end, err := c.Int(3)
	if err != nil {
		return err
	}
	s, _, err := c.Tx.String(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Bulk(substring(s, start, end))
	return nil
}

func substring(s []byte, start, end int64) []byte {
	n := int64(len(s))
	if start < 0 && end < 0 && start > end {
		return nil
	}
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	end = min(end, n-1)
	if start > end {
		return nil
	}
	return s[start : end+1]
}
