package command

import (
	"fmt"
	"math"

	"comet/aso"
	"comet/aso/value"
)

const (
	errClaimIdle     = aso.Error("ERR Invalid min-idle-time argument for XCLAIM")
	errClaimIdleOpt  = aso.Error("ERR Invalid IDLE option argument for XCLAIM")
	errClaimTime     = aso.Error("ERR Invalid TIME option argument for XCLAIM")
	errClaimRetry    = aso.Error("ERR Invalid RETRYCOUNT option argument for XCLAIM")
	errAutoClaimIdle = aso.Error("ERR Invalid min-idle-time argument for XAUTOCLAIM")
	errClaimCount    = aso.Error("ERR COUNT must be > 0")
)

// claim is what XCLAIM and XAUTOCLAIM do to pending entries.
type claim struct {
	s       *aso.Stream
	g       *value.StreamGroup
	group   []byte
	name    []byte // of the consumer who gets them
	minIdle int64  // milliseconds since the last delivery
	now     int64
	at      int64 // the time of the new delivery; -1 is now
	count   int64 // the number of deliveries; -1 is one more
	lastID  value.StreamID
	force   bool // also what is not pending
	justID  bool
}

// xclaim gives pending entries to a consumer and replies with them.
func xclaim(c *Call) error {
	s, g, err := c.groupToRead()
	if err != nil {
		return err
	}
	m := claim{s: s, g: g, group: c.Arg(2), name: c.Arg(3), now: c.Tx.Now(), at: -1, count: -1}
	if m.minIdle, err = c.IntIn(4, math.MinInt64, math.MaxInt64, errClaimIdle); err != nil {
		return err
	}
	i, ids := 5, []value.StreamID(nil)
	for ; i < len(c.Args); i++ {
		id, err := c.streamID(i, 0)
		if err != nil {
			break // an option
		}
		ids = append(ids, id)
	}
	if err := c.claimOptions(i, &m); err != nil {
		return err
	}
	if m.at < 0 || m.at > m.now {
		m.at = m.now
	}
	later := g.LastID().Less(m.lastID)
	if later {
		s.SetGroup(m.group, m.lastID, g.Read())
	}
	at, n := c.Reply.Defer(), 0
	for _, id := range ids {
		if c.claim(&m, id) {
			n++
		}
	}
	if later && c.changes == 0 {
		c.countChanges(1)
	}
	c.Reply.SetArray(at, n)
	return nil
}

// claimOptions reads the options of XCLAIM from argument i on.
func (c *Call) claimOptions(i int, m *claim) (err error) {
	number := func(text aso.Error) (n int64) {
		i++
		n, err = c.IntIn(i, math.MinInt64, math.MaxInt64, text)
		return n
	}
	for ; i < len(c.Args) && err == nil; i++ {
		more := i+1 < len(c.Args)
		switch {
		case c.Is(i, "FORCE"):
			m.force = true
		case c.Is(i, "JUSTID"):
			m.justID = true
		case c.Is(i, "IDLE") && more:
			m.at = m.now - number(errClaimIdleOpt)
		case c.Is(i, "TIME") && more:
			m.at = number(errClaimTime)
		case c.Is(i, "RETRYCOUNT") && more:
			m.count = number(errClaimRetry)
		case c.Is(i, "LASTID") && more:
			i++
			m.lastID, err = c.streamID(i, 0)
		default:
			return aso.Error(fmt.Sprintf("ERR Unrecognized XCLAIM option '%s'", quotable(c.Arg(i))))
		}
	}
	return err
}

// claim gives an entry to the consumer, if it may have it, and appends it to the reply. What is pending of an entry that is there no
// more goes.
func (c *Call) claim(m *claim, id value.StreamID) bool {
	e, ok := m.s.Get(id)
	if !ok {
		c.countChanges(m.s.Acknowledge(m.group, []value.StreamID{id}))
		return false
	}
	d, pending := m.g.Delivery(id)
	switch {
	case !pending && !m.force, pending && m.minIdle > 0 && m.now-d.At < m.minIdle:
		return false
	case !pending:
		d = value.Delivery{ID: id, Count: 1} // and one more below, as in Redis
	}
	if m.count >= 0 {
		d.Count = m.count
	} else if !m.justID {
		d.Count++
	}
	if m.justID {
		c.replyID(id)
	} else {
		c.replyEntry(e)
	}
	d.At = m.at
	c.seeConsumer(m.s, c.Arg(1), m.group, m.name)
	m.s.Deliver(m.group, m.name, []value.Delivery{d})
	c.countChanges(1)
	return true
}

// xautoclaim gives pending entries from an ID on to a consumer, and replies with the ID to go on from, the entries, and the IDs of those
// that are there no more.
func xautoclaim(c *Call) error {
	c.Tx.CountRead(c.Arg(1), c.Tx.Kind(c.Arg(1)) != aso.KindNone) // as in Redis also if an argument is wrong
	c.Tx.SetReading(false)
	m := claim{group: c.Arg(2), name: c.Arg(3), now: c.Tx.Now(), at: c.Tx.Now(), count: -1}
	var err error
	if m.minIdle, err = c.IntIn(4, math.MinInt64, math.MaxInt64, errAutoClaimIdle); err != nil {
		return err
	}
	start, err := c.intervalStart(5)
	if err != nil {
		return err
	}
	count, err := c.autoClaimOptions(&m)
	if err != nil {
		return err
	}
	if m.s, m.g, err = c.groupToRead(); err != nil {
		return err
	}
	c.autoClaim(&m, start, count)
	return nil
}

// claimAttempts is how many pending entries XAUTOCLAIM looks at for each that it may claim.
const claimAttempts = 10

// autoClaimOptions reads "[COUNT count] [JUSTID]" from argument 6 on.
func (c *Call) autoClaimOptions(m *claim) (count int64, err error) {
	const idSize = 16
	count = 100
	for i := 6; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "COUNT") && i+1 < len(c.Args):
			i++
			if count, err = c.IntIn(i, 1, math.MaxInt64/idSize, errClaimCount); err != nil {
				return 0, err
			}
		case c.Is(i, "JUSTID"):
			m.justID = true
		default:
			return 0, errSyntax
		}
	}
	return count, nil
}

// autoClaim claims up to count entries from start on, and replies.
func (c *Call) autoClaim(m *claim, start value.StreamID, count int64) {
	var ids, gone []value.StreamID
	var next value.StreamID
	attempts := count * min(claimAttempts, math.MaxInt64/count)
	m.g.EachPending(start, func(d value.Delivery) bool {
		if attempts == 0 || count == 0 {
			next = d.ID
			return false
		}
		attempts--
		if _, ok := m.s.Get(d.ID); !ok {
			gone = append(gone, d.ID)
			count--
		} else if m.minIdle <= 0 || m.now-d.At >= m.minIdle {
			ids = append(ids, d.ID)
			count--
		}
		return true
	})
	c.Reply.Array(3)
	c.replyID(next)
	c.Reply.Array(len(ids))
	for _, id := range ids {
		c.claim(m, id)
	}
	c.countChanges(m.s.Acknowledge(m.group, gone))
	c.Reply.Array(len(gone))
	for _, id := range gone {
		c.replyID(id)
	}
}
