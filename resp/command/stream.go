package command

import (
	"math"

	"comet/aso"
	"comet/aso/value"
)

var streamCommands = family{
	"xack":                  {run: xack, reads: true},
	"xadd":                  {run: xadd},
	"xautoclaim":            {run: xautoclaim, reads: true},
	"xclaim":                {run: xclaim, reads: true},
	"xdel":                  {run: xdel},
	"xgroup|create":         {run: xgroupCreate},
	"xgroup|createconsumer": {run: xgroupCreateconsumer},
	"xgroup|delconsumer":    {run: xgroupDelconsumer},
	"xgroup|destroy":        {run: xgroupDestroy},
	"xgroup|help":           {run: xgroupHelp},
	"xgroup|setid":          {run: xgroupSetid},
	"xinfo|consumers":       {run: xinfoConsumers},
	"xinfo|groups":          {run: xinfoGroups},
	"xinfo|help":            {run: xinfoHelp},
	"xinfo|stream":          {run: xinfoStream},
	"xlen":                  {run: xlen},
	"xpending":              {run: xpending},
	"xrange":                {run: xrange},
	"xread":                 {run: xread},
	"xreadgroup":            {run: xreadgroup, reads: true},
	"xrevrange":             {run: xrevrange},
	"xsetid":                {run: xsetid},
	"xtrim":                 {run: xtrim},
}

const (
	errIDZero        = aso.Error("ERR The ID specified in XADD must be greater than 0-0")
	errIDSmall       = aso.Error("ERR The ID specified in XADD is equal or smaller than the target stream top item")
	errIDExhausted   = aso.Error("ERR The stream has exhausted the last possible ID, unable to add more items")
	errEntrySize     = aso.Error("ERR Elements are too large to be stored")
	errAddedSign     = aso.Error("ERR entries_added must be positive")
	errSetIDGiven    = aso.Error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
	errSetIDTop      = aso.Error("ERR The ID specified in XSETID is smaller than the target stream top item")
	errSetIDLength   = aso.Error("ERR The entries_added specified in XSETID is smaller than the target stream length")
	maxStreamElement = 1 << 30 // bytes of the fields and values of an entry together
)

// xadd appends an entry and replies with its ID.
func xadd(c *Call) error {
	o, err := c.trimOptions(true)
	if err != nil {
		return err
	}
	pairs := c.Args[min(o.next+1, len(c.Args)):]
	switch {
	case len(pairs) < 2 || len(pairs)%2 != 0:
		return errArity(c.Cmd.full)
	case o.id == (streamPosition{}):
		return errIDZero
	}
	s, err := c.Tx.Stream(c.Arg(1))
	if err != nil {
		return err
	}
	if o.noMake && !s.Exists() {
		c.Reply.Null()
		return nil
	}
	id, err := o.id.in(s, c.Tx.Now())
	if err != nil {
		return err
	}
	if size(pairs) > maxStreamElement {
		return errEntrySize
	}
	existed := s.Exists()
	s.Append(id, pairs)
	c.replyID(id)
	if err := c.stored(existed, aso.NotifyStream, "xadd", 1); err != nil {
		return err
	}
	if o.trims && s.Trim(&o.trim) > 0 {
		c.Tx.Notify(aso.NotifyStream, "xtrim", c.Arg(1))
	}
	return nil
}

func size(list [][]byte) (n int) {
	for _, b := range list {
		n += len(b)
	}
	return n
}

// in returns the ID of an entry that is added to s at p.
func (p streamPosition) in(s *aso.Stream, now int64) (value.StreamID, error) {
	id, last := p.id, s.LastID()
	next, ok := s.NextID(now)
	switch {
	case !ok:
		return id, errIDExhausted
	case p.auto:
		return next, nil
	case p.autoSeq && id.Ms == last.Ms:
		if last.Seq == math.MaxUint64 {
			return id, errEntrySize // what Redis says by accident
		}
		id.Seq = last.Seq + 1
	}
	if !last.Less(id) {
		return id, errIDSmall
	}
	return id, nil
}

// replyID replies with an ID.
func (c *Call) replyID(id value.StreamID) {
	var buf [41]byte
	c.Reply.Bulk(id.AppendText(buf[:0]))
}

// xlen replies with the number of entries.
func xlen(c *Call) error {
	s, err := c.Tx.Stream(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Int(int64(s.Len()))
	return nil
}

// xdel removes entries and replies with how many there were.
func xdel(c *Call) error {
	s, err := c.Tx.Stream(c.Arg(1))
	if err != nil {
		return err
	}
	if !s.Exists() {
		c.Reply.Int(0)
		return nil
	}
	ids, err := c.streamIDs(2)
	if err != nil {
		return err
	}
	n := 0
	for _, id := range ids {
		if s.Delete(id) {
			n++
		}
	}
	if n > 0 {
		c.countChanges(n)
		c.Tx.Notify(aso.NotifyStream, "xdel", c.Arg(1))
	}
	c.Reply.Int(int64(n))
	return nil
}

// xsetid sets the last ID of a stream, and its counters.
func xsetid(c *Call) error {
	id, err := c.streamID(2, 0)
	if err != nil {
		return err
	}
	added, deleted, err := c.setIDOptions(id)
	if err != nil {
		return err
	}
	s, err := c.Tx.Stream(c.Arg(1))
	switch {
	case err != nil:
		return err
	case !s.Exists():
		return aso.ErrNoSuchKey
	case s.Len() > 0 && id.Less(s.TopID()):
		return errSetIDTop
	case s.Len() > 0 && added != -1 && int64(s.Len()) > added:
		return errSetIDLength
	}
	if added == -1 {
		added = s.Added()
	}
	if deleted == (value.StreamID{}) {
		deleted = s.MaxDeletedID()
	}
	s.SetMeta(id, added, deleted)
	c.Tx.Notify(aso.NotifyStream, "xsetid", c.Arg(1))
	c.OK()
	return nil
}

// setIDOptions reads "[ENTRIESADDED n] [MAXDELETEDID id]" from argument 3 on; n is -1 and id zero if they are not there.
func (c *Call) setIDOptions(last value.StreamID) (added int64, deleted value.StreamID, err error) {
	added = -1
	for i := 3; i < len(c.Args); i += 2 {
		more := i+1 < len(c.Args)
		switch {
		case c.Is(i, "ENTRIESADDED") && more:
			if added, err = c.Int(i + 1); err == nil && added < 0 {
				err = errAddedSign
			}
		case c.Is(i, "MAXDELETEDID") && more:
			if deleted, err = c.streamID(i+1, 0); err == nil && last.Less(deleted) {
				err = errSetIDGiven
			}
		default:
			err = errSyntax
		}
		if err != nil {
			return 0, deleted, err
		}
	}
	return added, deleted, nil
}
