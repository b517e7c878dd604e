package command

import (
	"math"

	"comet/aso"
	"comet/aso/value"
)

const (
	errFirstDB  = aso.Error("ERR invalid first DB index")
	errSecondDB = aso.Error("ERR invalid second DB index")
)

// database returns argument i as the number of a database.
func (c *Call) database(i int) (int, error) {
	n, err := c.IntIn(i, math.MinInt32, math.MaxInt32, "")
	switch {
	case err != nil:
		return 0, err
	case n < 0 || int(n) >= c.Server.ks.Databases():
		return 0, errDBIndex
	}
	return int(n), nil
}

// dbsize replies with the number of keys.
func dbsize(c *Call) error {
	c.Reply.Int(int64(c.Tx.Size()))
	return nil
}

// flushdb deletes all keys of the database.
func flushdb(c *Call) error {
	if !c.isFlush() {
		return errSyntax
	}
	c.Tx.RereadAll()
	if _, err := c.Tx.FlushDB(); err != nil {
		return err
	}
	c.OK()
	return nil
}

// flushall deletes all keys of all databases.
func flushall(c *Call) error {
	if !c.isFlush() {
		return errSyntax
	}
	c.Tx.RereadAll()
	for db := range c.Server.ks.Databases() {
		var err error
		c.inDatabase(db, func() { _, err = c.Tx.FlushDB() })
		if err != nil {
			return err
		}
	}
	c.OK()
	return nil
}

// isFlush reports whether the options of FLUSHALL are right. Both ways of freeing memory are the same here.
func (c *Call) isFlush() bool {
	return len(c.Args) == 1 || len(c.Args) == 2 && (c.Is(1, "ASYNC") || c.Is(1, "SYNC"))
}

// swapdb lets two databases change places.
func swapdb(c *Call) error {
	a, err := c.IntIn(1, math.MinInt32, math.MaxInt32, errFirstDB)
	if err != nil {
		return err
	}
	b, err := c.IntIn(2, math.MinInt32, math.MaxInt32, errSecondDB)
	if err != nil {
		return err
	}
	n := int64(c.Server.ks.Databases())
	if a < 0 || a >= n || b < 0 || b >= n {
		return errDBIndex
	}
	if a != b && c.feeds(int(a), int(b)) {
		return errSwapFeeds
	}
	if a != b {
		c.Tx.SwapDB(int(a), int(b))
	}
	c.countChanges(1)
	c.OK()
	return nil
}

// randomkey replies with a random key, or null.
func randomkey(c *Call) error {
	key := c.Tx.Random()
	c.bulkOrNull(key, key != nil)
	return nil
}

// keys replies with all keys that match a pattern.
func keys(c *Call) error {
	n, at, pattern := 0, c.Reply.Defer(), c.Arg(1)
	all := string(pattern) == "*"
	c.Tx.Keys(func(key []byte, _ aso.Kind) {
		if all || value.Match(pattern, key, false) {
			c.Reply.Bulk(key)
			n++
		}
	})
	c.Reply.SetArray(at, n)
	return nil
}
