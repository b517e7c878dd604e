package command

import "math"

// scanned is a collection as HSCAN, SSCAN and ZSCAN see it.
type scanned interface {
	Exists() bool
	Encoding() string
}

// hscan replies with some fields and their values, and the cursor for the next ones.
func hscan(c *Call) error {
	cursor, err := c.cursor(2)
	if err != nil {
		return err
	}
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	return c.scanCollection(h, func(o *scanOptions, found *scanReply) uint64 {
		return h.Scan(cursor, o.count, func(field, v []byte) {
			if o.matches(field) {
				found.add(field)
				found.add(v)
			}
		})
	})
}

// sscan replies with some members of a set and the cursor for the next ones.
func sscan(c *Call) error {
	cursor, err := c.cursor(2)
	if err != nil {
		return err
	}
	s, err := c.Tx.Set(c.Arg(1))
	if err != nil {
		return err
	}
	return c.scanCollection(s, func(o *scanOptions, found *scanReply) uint64 {
		return s.Scan(cursor, o.count, func(member []byte) {
			if o.matches(member) {
				found.add(member)
			}
		})
	})
}

// scanCollection replies with what scan finds in what, and the cursor that it returns. The options count only if there is something to
// scan, and their COUNT only where Redis has a table: of other encodings the reply is everything.
func (c *Call) scanCollection(what scanned, scan func(o *scanOptions, found *scanReply) (next uint64)) error {
	found := c.newScanReply()
	if !what.Exists() {
		c.replyScan(0, found)
		return nil
	}
	o, err := c.scanOptions(3, false)
	if err != nil {
		return err
	}
	switch what.Encoding() {
	case "listpack", "intset":
		o.count = math.MaxInt
	}
	c.replyScan(scan(&o, found), found)
	return nil
}
