package command

import (
	"math"

	"comet/aso"
)

// hrandfield replies with random fields: one, or as many as asked for.
func hrandfield(c *Call) error {
	if len(c.Args) == 2 {
		return c.randomField()
	}
	count, err := c.randomCount(2)
	if err != nil {
		return err
	}
	withValues := len(c.Args) > 3
	switch {
	case withValues && (len(c.Args) > 4 || !c.Is(3, "WITHVALUES")):
		return errSyntax
	case withValues && (count > math.MaxInt64/2 || count < -(math.MaxInt64/2)):
		return errOutOfRange
	}
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	return c.randomFields(h, count, withValues)
}

func (c *Call) randomField() error {
	h, err := c.Tx.Hash(c.Arg(1))
	if err != nil {
		return err
	}
	field, _ := h.Random(random)
	c.bulkOrNull(field, h.Len() > 0)
	return nil
}

// randomFields replies with count distinct fields, or with -count fields that may repeat.
func (c *Call) randomFields(h *aso.Hash, count int, withValues bool) error {
	n := h.Len()
	switch {
	case n == 0:
		c.Reply.Array(0)
	case count < -maxRepeats:
		return errOutOfRange
	case count < 0:
		c.pairs(-count, withValues)
		for range -count {
			field, v := h.Random(random)
			c.pair(field, v, withValues)
		}
	default:
		count = min(count, n)
		c.pairs(count, withValues)
		pickFields(h, count, func(field, v []byte) { c.pair(field, v, withValues) })
	}
	return nil
}

// pickFields calls fn for count distinct random fields, at most as many as there are.
func pickFields(h *aso.Hash, count int, fn func(field, v []byte)) {
	if passWorth(count, h.Len()) {
		pick := sample{need: count, left: h.Len()}
		h.Each(func(field, v []byte) bool {
			if pick.need > 0 && pick.take() {
				fn(field, v)
			}
			return pick.need > 0
		})
		return
	}
	seen := make(map[string]struct{}, count)
	for len(seen) < count {
		field, v := h.Random(random)
		if _, ok := seen[string(field)]; !ok {
			seen[string(field)] = struct{}{}
			fn(field, v)
		}
	}
}
