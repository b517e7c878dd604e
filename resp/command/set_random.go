package command

import "comet/aso"

// spop removes random members and replies with them: one, or as many as asked for.
func spop(c *Call) error {
	switch len(c.Args) {
	case 2:
		return c.popMember()
	case 3:
		return c.popMembers()
	}
	return errSyntax
}

func (c *Call) popMember() error {
	s, err := c.Tx.Set(c.Arg(1))
	if err != nil {
		return err
	}
	if s.Len() == 0 {
		c.Reply.Null()
		return nil
	}
	var buf [64]byte
	member := append(buf[:0], s.Random(random)...)
	s.Remove(member)
	c.Reply.Bulk(member)
	c.Tx.Notify(aso.NotifySet, "spop", c.Arg(1))
	return nil
}

func (c *Call) popMembers() error {
	count, err := c.Natural(2, errNotPositive)
	if err != nil {
		return err
	}
	s, err := c.Tx.Set(c.Arg(1))
	if err != nil {
		return err
	}
	count = min(count, s.Len())
	c.Reply.Set(count)
	if count == 0 {
		return nil
	}
	if count == s.Len() {
		s.Each(func(member []byte) bool { c.Reply.Bulk(member); return true })
		c.Tx.Notify(aso.NotifySet, "spop", c.Arg(1))
		c.Tx.SetReading(true)
		c.Tx.CountLookup(true) // as in Redis, which answers as SUNION does
		c.Tx.Delete(c.Arg(1))
		c.countChanges(count)
		c.Tx.Notify(aso.NotifyGeneric, "del", c.Arg(1))
		return nil
	}
	var picked members
	pickMembers(s, count, picked.add)
	picked.each(func(member []byte) {
		s.Remove(member)
		c.Reply.Bulk(member)
	})
	c.Tx.Notify(aso.NotifySet, "spop", c.Arg(1))
	return nil
}

// srandmember replies with random members: one, or as many as asked for. If the number is negative they may repeat.
func srandmember(c *Call) error {
	if len(c.Args) > 3 {
		return errSyntax
	}
	if len(c.Args) == 2 {
		return c.randomMember()
	}
	count, err := c.randomCount(2)
	if err != nil {
		return err
	}
	s, err := c.Tx.Set(c.Arg(1))
	if err != nil {
		return err
	}
	switch {
	case s.Len() == 0:
		c.Reply.Array(0)
	case count < -maxRepeats:
		return errOutOfRange
	case count < 0:
		c.Reply.Array(-count)
		for range -count {
			c.Reply.Bulk(s.Random(random))
		}
	default:
		count = min(count, s.Len())
		c.Reply.Array(count)
		pickMembers(s, count, c.Reply.Bulk)
	}
	return nil
}

func (c *Call) randomMember() error {
	s, err := c.Tx.Set(c.Arg(1))
	if err != nil {
		return err
	}
	c.bulkOrNull(s.Random(random), s.Len() > 0)
	return nil
}

// pickMembers calls fn for count distinct random members, at most as many as there are.
func pickMembers(s *aso.Set, count int, fn func(member []byte)) {
	if passWorth(count, s.Len()) {
		pick := sample{need: count, left: s.Len()}
		s.Each(func(member []byte) bool {
			if pick.need > 0 && pick.take() {
				fn(member)
			}
			return pick.need > 0
		})
		return
	}
	seen := make(map[string]struct{}, count)
	for len(seen) < count {
		member := s.Random(random)
		if _, ok := seen[string(member)]; !ok {
			seen[string(member)] = struct{}{}
			fn(member)
		}
	}
}

// members are copies of byte strings, one behind the other.
type members struct {
	bytes []byte
	ends  []int
}

func (m *members) add(member []byte) {
	m.bytes = append(m.bytes, member...)
	m.ends = append(m.ends, len(m.bytes))
}

func (m *members) each(fn func(member []byte)) {
	start := 0
	for _, end := range m.ends {
		fn(m.bytes[start:end:end])
		start = end
	}
}
