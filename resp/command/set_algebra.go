package command

import (
	"bytes"
	"math"
	"slices"

	"comet/aso"
	"comet/aso/value"
)

const (
	errManyKeys      = aso.Error("ERR Number of keys can't be greater than number of args")
	errLimitNegative = aso.Error("ERR LIMIT can't be negative")
)

// sets opens the sets at keys; one that is missing is empty.
func (c *Call) sets(keys [][]byte) ([]*aso.Set, error) {
	sets := make([]*aso.Set, len(keys))
	for i, key := range keys {
		s, err := c.Tx.Set(key)
		if err != nil {
			return nil, err
		}
		sets[i] = s
	}
	return sets, nil
}

// sinter replies with the members that all sets have.
func sinter(c *Call) error {
	sets, err := c.sets(c.Args[1:])
	if err != nil {
		return err
	}
	n, at := 0, c.Reply.Defer()
	intersect(sets, func(member []byte) bool {
		c.Reply.Bulk(member)
		n++
		return true
	})
	c.Reply.SetSet(at, n)
	return nil
}

// sintercard replies with the number of members that all sets have, or with a limit if there are more.
func sintercard(c *Call) error {
	keys, limit, err := c.intercardArgs()
	if err != nil {
		return err
	}
	sets, err := c.sets(keys)
	if err != nil {
		return err
	}
	n := 0
	intersect(sets, func([]byte) bool {
		n++
		return n != limit
	})
	c.Reply.Int(int64(n))
	return nil
}

// intercardArgs reads "numkeys key [key ...] [LIMIT limit]"; limit 0 is none.
func (c *Call) intercardArgs() (keys [][]byte, limit int, err error) {
	numkeys, err := c.IntIn(1, 1, math.MaxInt64, errNumkeys)
	if err != nil {
		return nil, 0, err
	}
	if numkeys > int64(len(c.Args)-2) {
		return nil, 0, errManyKeys
	}
	end := 2 + int(numkeys)
	for i := end; i < len(c.Args); i += 2 {
		if !c.Is(i, "LIMIT") || i+1 == len(c.Args) {
			return nil, 0, errSyntax
		}
		if limit, err = c.Natural(i+1, errLimitNegative); err != nil {
			return nil, 0, err
		}
	}
	return c.Args[2:end], limit, nil
}

// sunion replies with the members that any of the sets has.
func sunion(c *Call) error {
	return c.replySet(c.Args[1:], (*Call).union)
}

// sdiff replies with the members of the first set that no other has.
func sdiff(c *Call) error {
	return c.replySet(c.Args[1:], (*Call).difference)
}

// algebra puts what it makes of sets, whose keys are given too, into an empty set.
type algebra func(c *Call, result *value.Set, keys [][]byte, sets []*aso.Set)

func (c *Call) replySet(keys [][]byte, op algebra) error {
	sets, err := c.sets(keys)
	if err != nil {
		return err
	}
	var result value.Set
	op(c, &result, keys, sets)
	c.Reply.Set(result.Len())
	result.Each(func(member []byte) bool { c.Reply.Bulk(member); return true })
	return nil
}

func sinterstore(c *Call) error {
	return c.storeSet("sinterstore", func(c *Call, result *value.Set, _ [][]byte, sets []*aso.Set) {
		limits := c.limits()
		intersect(sets, func(member []byte) bool { result.Add(limits, member); return true })
	})
}

func sunionstore(c *Call) error { return c.storeSet("sunionstore", (*Call).union) }

func sdiffstore(c *Call) error { return c.storeSet("sdiffstore", (*Call).difference) }

// storeSet makes the result of op the set at argument 1, whatever that held, and replies with the number of its members.
func (c *Call) storeSet(event string, op algebra) error {
	keys, dst := c.Args[2:], c.Arg(1)
	sets, err := c.sets(keys)
	if err != nil {
		return err
	}
	var result value.Set
	op(c, &result, keys, sets)
	if result.Len() == 0 {
		c.Reply.Int(0)
		if c.Tx.Delete(dst) {
			c.Tx.Notify(aso.NotifyGeneric, "del", dst)
		}
		return nil
	}
	n := result.Len()
	if err := c.Tx.ReplaceSet(dst, &result); err != nil {
		return err
	}
	c.Tx.Notify(aso.NotifySet, event, dst)
	c.Reply.Int(int64(n))
	return nil
}

// limits returns the sizes above which collections change their encoding.
func (c *Call) limits() *value.Limits {
	limits := c.Tx.Keyspace().Limits()
	return &limits
}

// intersect calls fn for the members that all sets have until it returns false. It changes the order of sets.
func intersect(sets []*aso.Set, fn func(member []byte) bool) {
	slices.SortStableFunc(sets, func(a, b *aso.Set) int { return a.Len() - b.Len() })
	sets[0].Each(func(member []byte) bool {
		for _, s := range sets[1:] {
			if !s.Contains(member) {
				return true
			}
		}
		return fn(member)
	})
}

func (c *Call) union(result *value.Set, _ [][]byte, sets []*aso.Set) {
	limits := c.limits()
	for _, s := range sets {
		s.Each(func(member []byte) bool { result.Add(limits, member); return true })
	}
}

// difference does, of the two ways that Redis knows, the one that it chooses, because the encoding of the result depends on it.
func (c *Call) difference(result *value.Set, keys [][]byte, sets []*aso.Set) {
	if slices.ContainsFunc(keys[1:], func(key []byte) bool { return bytes.Equal(key, keys[0]) }) {
		return
	}
	limits, lookups, removals := c.limits(), 0, 0
	for _, s := range sets {
		if s.Len() > 0 {
			lookups += sets[0].Len()
			removals += s.Len()
		}
	}
	if lookups/2 <= removals {
		keepMissing(result, limits, sets)
		return
	}
	sets[0].Each(func(member []byte) bool { result.Add(limits, member); return true })
	for _, s := range sets[1:] {
		if result.Len() == 0 {
			return
		}
		s.Each(func(member []byte) bool { result.Remove(member); return true })
	}
}

// keepMissing adds the members of the first set that no other has to result, looking them up in the largest first.
func keepMissing(result *value.Set, limits *value.Limits, sets []*aso.Set) {
	others := sets[1:]
	slices.SortStableFunc(others, func(a, b *aso.Set) int { return b.Len() - a.Len() })
	sets[0].Each(func(member []byte) bool {
		for _, s := range others {
			if s.Contains(member) {
				return true
			}
		}
		result.Add(limits, member)
		return true
	})
}
