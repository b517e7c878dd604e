package command

import (
	"comet/aso"
	"comet/aso/value"
)

// infoCount is the number of entries that XINFO STREAM FULL shows if it is not told.
const infoCount = 10

// streamToInspect opens the stream at argument 2, which must be there.
func (c *Call) streamToInspect() (*aso.Stream, error) {
	s, err := c.Tx.Stream(c.Arg(2))
	if err == nil && !s.Exists() {
		err = aso.ErrNoSuchKey
	}
	return s, err
}

// xinfoStream replies with what is known of a stream.
func xinfoStream(c *Call) error {
	s, err := c.streamToInspect()
	if err != nil {
		return err
	}
	full, count, err := c.infoOptions()
	if err != nil {
		return err
	}
	fields := 10
	if full {
		fields = 9
	}
	c.Reply.Map(fields)
	replyInt(c.Reply, "length", int64(s.Len()))
	replyInt(c.Reply, "radix-tree-keys", int64(s.Nodes()))
	replyInt(c.Reply, "radix-tree-nodes", int64(s.RadixNodes()))
	c.infoID("last-generated-id", s.LastID())
	c.infoID("max-deleted-entry-id", s.MaxDeletedID())
	replyInt(c.Reply, "entries-added", s.Added())
	c.infoID("recorded-first-entry-id", s.FirstID())
	if full {
		c.infoFull(s, count)
		return nil
	}
	replyInt(c.Reply, "groups", int64(len(s.Groups())))
	c.Reply.BulkString("first-entry")
	c.replyEdge(s, s.FirstID())
	c.Reply.BulkString("last-entry")
	c.replyEdge(s, s.TopID())
	return nil
}

// replyEdge replies with the entry id of s, null if s has none.
func (c *Call) replyEdge(s *aso.Stream, id value.StreamID) {
	if e, ok := s.Get(id); ok {
		c.replyEntry(e)
	} else {
		c.Reply.Null()
	}
}

func (c *Call) infoID(name string, id value.StreamID) {
	c.Reply.BulkString(name)
	c.replyID(id)
}

// infoOptions reads "[FULL [COUNT count]]" from argument 3 on; a count of 0 is no limit.
func (c *Call) infoOptions() (full bool, count int64, err error) {
	switch n := len(c.Args); {
	case n == 3:
		return false, 0, nil
	case n != 4 && n != 6 || !c.Is(3, "FULL") || n == 6 && !c.Is(4, "COUNT"):
		return false, 0, errSubcommandSyntax(c)
	case n == 4:
		return true, infoCount, nil
	}
	if count, err = c.Int(5); count < 0 {
		count = infoCount
	}
	return true, count, err
}

// infoFull replies with entries, groups and consumers, at most count of each kind.
func (c *Call) infoFull(s *aso.Stream, count int64) {
	c.Reply.BulkString("entries")
	c.replyAscending(&s.Stream, value.StreamID{}, value.MaxStreamID, count)
	c.Reply.BulkString("groups")
	c.Reply.Array(len(s.Groups()))
	for _, g := range s.Groups() {
		c.Reply.Map(7)
		replyText(c.Reply, "name", g.Name())
		c.infoID("last-delivered-id", g.LastID())
		c.infoProgress(s, g)
		replyInt(c.Reply, "pel-count", int64(g.Pending()))
		c.Reply.BulkString("pending")
		at, n := c.Reply.Defer(), 0
		g.EachPending(value.StreamID{}, c.infoPending(&n, count, true))
		c.Reply.SetArray(at, n)
		c.Reply.BulkString("consumers")
		c.infoConsumers(g, count)
	}
}

// infoPending returns what replies with a delivery and counts it in n.
func (c *Call) infoPending(n *int, count int64, named bool) func(value.Delivery) bool {
	return func(d value.Delivery) bool {
		if named {
			c.Reply.Array(4)
			c.replyID(d.ID)
			c.Reply.BulkString(d.Consumer)
		} else {
			c.Reply.Array(3)
			c.replyID(d.ID)
		}
		c.Reply.Int(d.At)
		c.Reply.Int(d.Count)
		*n++
		return int64(*n) != count
	}
}

func (c *Call) infoConsumers(g *value.StreamGroup, count int64) {
	c.Reply.Array(len(g.Consumers()))
	for _, consumer := range g.Consumers() {
		c.Reply.Map(4)
		replyText(c.Reply, "name", consumer.Name())
		replyInt(c.Reply, "seen-time", consumer.Seen())
		replyInt(c.Reply, "pel-count", int64(consumer.Pending()))
		c.Reply.BulkString("pending")
		at, n := c.Reply.Defer(), 0
		g.EachPendingOf(consumer, value.StreamID{}, c.infoPending(&n, count, false))
		c.Reply.SetArray(at, n)
	}
}

// infoProgress replies with how many entries a group has read, and how many it has still to read; null for what is not known.
func (c *Call) infoProgress(s *aso.Stream, g *value.StreamGroup) {
	c.Reply.BulkString("entries-read")
	c.intOrNull(g.Read(), g.Read() != value.EntriesUnknown)
	c.Reply.BulkString("lag")
	c.intOrNull(s.Lag(g))
}

func (c *Call) intOrNull(n int64, ok bool) {
	if ok {
		c.Reply.Int(n)
	} else {
		c.Reply.Null()
	}
}

// xinfoGroups replies with the groups of a stream.
func xinfoGroups(c *Call) error {
	s, err := c.streamToInspect()
	if err != nil {
		return err
	}
	c.Reply.Array(len(s.Groups()))
	for _, g := range s.Groups() {
		c.Reply.Map(6)
		replyText(c.Reply, "name", g.Name())
		replyInt(c.Reply, "consumers", int64(len(g.Consumers())))
		replyInt(c.Reply, "pending", int64(g.Pending()))
		c.infoID("last-delivered-id", g.LastID())
		c.infoProgress(s, g)
	}
	return nil
}

// xinfoConsumers replies with the consumers of a group.
func xinfoConsumers(c *Call) error {
	s, err := c.streamToInspect()
	if err != nil {
		return err
	}
	g := s.Group(c.Arg(3))
	if g == nil {
		return errNoGroupOfKey(c.Arg(2), c.Arg(3))
	}
	c.Reply.Array(len(g.Consumers()))
	for _, consumer := range g.Consumers() {
		c.Reply.Map(3)
		replyText(c.Reply, "name", consumer.Name())
		replyInt(c.Reply, "pending", int64(consumer.Pending()))
		replyInt(c.Reply, "idle", max(c.Tx.Now()-consumer.Seen(), 0))
	}
	return nil
}

// xinfoHelp replies with the forms of XINFO.
func xinfoHelp(c *Call) error {
	return c.help("XINFO",
		"CONSUMERS <key> <groupname>",
		"    Show consumers of <groupname>.",
		"GROUPS <key>",
		"    Show the stream consumer groups.",
		"STREAM <key> [FULL [COUNT <count>]",
		"    Show information about the stream.",
	)
}
