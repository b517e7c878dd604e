package command

import (
	"fmt"
	"time"

	"comet/aso"
	"comet/aso/value"
)

const (
	errReadGroup    = aso.Error("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.")
	errReadNoAck    = aso.Error("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.")
	errGroupMissing = aso.Error("ERR Missing GROUP option for XREADGROUP")
	errDollarGroup  = aso.Error("ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.")
	errGreaterAlone = aso.Error("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.")
	errUnbalanced   = aso.Error("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.")
	errTimeoutInt   = aso.Error("ERR timeout is not an integer or out of range")
	errStreamGone   = aso.Error("UNBLOCKED the stream key no longer exists")
	errGroupGone    = aso.Error("NOGROUP the consumer group this client was blocked on no longer exists")
)

// wokenCount is the number of entries that a client which waited gets at most if it did not say how many.
const wokenCount = 1000

// readOptions are the options of XREAD and XREADGROUP.
type readOptions struct {
	group, consumer []byte // nil in XREAD
	count           int64  // 0 is no limit
	blocks          bool
	timeout         time.Duration
	noAck           bool
	keys            [][]byte
	ids             int // the argument with the ID of the first key
}

// streamRead is what is read of one stream.
type streamRead struct {
	key     []byte
	s       *aso.Stream
	after   value.StreamID
	new     bool // XREADGROUP with >: after is not known yet
	serving bool
}

func xread(c *Call) error      { return c.readStreams(false) }
func xreadgroup(c *Call) error { return c.readStreams(true) }

// readStreams replies with entries of those streams that have some, or waits for them.
func (c *Call) readStreams(grouped bool) error {
	o, err := c.readOptions(grouped)
	if err != nil {
		return err
	}
	if c.ready != nil {
		c.Tx.SetReading(false) // it was counted when the client began to wait
	}
	if c.ready != nil && grouped {
		if done, err := c.tellGone(&o); done || err != nil {
			return err
		}
	}
	var few [4]streamRead
	reads := few[:0]
	for i := range o.keys {
		if c.ready != nil && string(c.ready) != string(o.keys[i]) {
			continue
		}
		r, err := c.streamRead(&o, i)
		if err != nil {
			return err
		}
		reads = append(reads, r)
	}
	n := 0
	for i := range reads {
		if reads[i].choose(c, &o); reads[i].serving {
			n++
		}
	}
	if n > 0 {
		c.replyReads(&o, reads, n)
		return nil
	}
	if !o.blocks {
		c.Reply.NullArray()
		return nil
	}
	c.Park(o.keys, o.timeout, c.Reply.NullArray)
	if c.park != nil {
		c.park.args, c.park.gone = c.resolvedArgs(&o, reads), grouped
	}
	return nil
}

// tellGone ends the wait of a client of a group whose stream or group is gone.
func (c *Call) tellGone(o *readOptions) (done bool, err error) {
	if c.Tx.Kind(c.ready) != aso.KindStream {
		c.Server.fail(c, errStreamGone)
		return true, nil
	}
	s, err := c.Tx.Stream(c.ready)
	if err == nil && s.Group(o.group) == nil {
		c.Server.fail(c, errGroupGone)
		return true, nil
	}
	return false, err
}

// resolvedArgs returns the arguments to run with when a key becomes ready: $ is what it means now.
func (c *Call) resolvedArgs(o *readOptions, reads []streamRead) [][]byte {
	args := append([][]byte(nil), c.Args...)
	for i := range reads {
		if string(value.CString(args[o.ids+i])) == "$" {
			args[o.ids+i] = reads[i].after.AppendText(nil)
		}
	}
	return args
}

// readOptions reads the arguments up to the IDs.
func (c *Call) readOptions(grouped bool) (o readOptions, err error) {
	for i := 1; i < len(c.Args); i++ {
		more := len(c.Args) - 1 - i
		switch {
		case c.Is(i, "BLOCK") && more > 0:
			if c.Session.inScript {
				return o, aso.Error("ERR " + string(clip(c.Arg(0), maxQuoted)) + " command is not allowed with BLOCK option from scripts")
			}
			i++
			o.blocks = true
			o.timeout, err = c.timeoutMs(i)
		case c.Is(i, "COUNT") && more > 0:
			i++
			o.count, err = c.Int(i)
			o.count = max(o.count, 0)
		case c.Is(i, "STREAMS") && more > 0:
			if more%2 != 0 {
				return o, errUnbalanced
			}
			o.keys, o.ids = c.Args[i+1:i+1+more/2], i+1+more/2
			i = len(c.Args)
		case c.Is(i, "GROUP") && more > 1:
			if !grouped {
				return o, errReadGroup
			}
			o.group, o.consumer = c.Arg(i+1), c.Arg(i+2)
			i += 2
		case c.Is(i, "NOACK"):
			if !grouped {
				return o, errReadNoAck
			}
			o.noAck = true
		default:
			err = errSyntax
		}
		if err != nil {
			return o, err
		}
	}
	switch {
	case o.ids == 0:
		return o, errSyntax
	case grouped && o.group == nil:
		return o, errGroupMissing
	}
	if c.ready != nil && o.count == 0 {
		o.count = wokenCount
	}
	return o, nil
}

// findStreams is KeySpec.find for XREADGROUP. In a request the word that the specification looks for may also be the name of the group or the consumer;
// for what is none, it has precedence as in Redis.
func (k *KeySpec) findStreams(args [][]byte) (first, last, step int) {
	at, n, grouped := streamsOption(args)
	if !grouped {
		if first, last, step = k.search(args); first == 0 || first <= last {
			return first, last, step
		}
	}
	return at, at + n - 1, 1
}

// streamsOption returns where the keys of XREADGROUP begin and how many there are, and whether GROUP stands before them.
func streamsOption(args [][]byte) (at, n int, grouped bool) {
	for i := 1; i < len(args); i++ {
		switch left := len(args) - 1 - i; {
		case (equalFold(args[i], "BLOCK") || equalFold(args[i], "COUNT")) && left > 0 && isInteger(args[i+1]):
			i++
		case equalFold(args[i], "GROUP"):
			i += 2
			grouped = true
		case equalFold(args[i], "NOACK"):
		case equalFold(args[i], "STREAMS") && left > 0 && left%2 == 0:
			return i + 1, left / 2, grouped
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}

func isInteger(arg []byte) bool {
	_, ok := value.ParseInt(arg)
	return ok
}

// timeoutMs returns argument i as the time to block: whole milliseconds, 0 for ever.
func (c *Call) timeoutMs(i int) (time.Duration, error) {
	ms, ok := value.ParseInt(c.Args[i])
	switch {
	case !ok:
		return 0, errTimeoutInt
	case ms < 0:
		return 0, errTimeoutSign
	}
	return time.Duration(min(ms, maxTimeout)) * time.Millisecond, nil
}

// streamRead looks up the i-th stream and reads the ID for it.
func (c *Call) streamRead(o *readOptions, i int) (r streamRead, err error) {
	r.key = o.keys[i]
	if r.s, err = c.Tx.Stream(r.key); err != nil {
		return r, err
	}
	if o.group != nil && r.s.Group(o.group) == nil {
		return r, aso.Error(fmt.Sprintf("%s in XREADGROUP with GROUP option", errNoGroup(r.key, o.group)))
	}
	switch string(value.CString(c.Arg(o.ids + i))) {
	case "$":
		if o.group != nil {
			return r, errDollarGroup
		}
		r.after = r.s.LastID()
		return r, nil
	case ">":
		if o.group == nil {
			return r, errGreaterAlone
		}
		r.new = true
		return r, nil
	}
	r.after, err = c.streamID(o.ids+i, 0)
	r.new = o.group != nil && r.after == value.MaxStreamID // Redis' own sign for >
	return r, err
}

func errNoGroup(key, group []byte) aso.Error {
	return aso.Error(fmt.Sprintf("NOGROUP No such key '%s' or consumer group '%s'", clip(key, len(key)), clip(group, len(group))))
}

// choose decides whether the stream has something for the client.
func (r *streamRead) choose(c *Call, o *readOptions) {
	if r.new {
		r.after = r.s.Group(o.group).LastID()
	}
	top := r.s.TopID()
	if c.ready != nil { // as in Redis, also if that entry is there no more
		top = r.s.LastID()
	}
	c.Tx.CountRead(r.key, c.Tx.Kind(r.key) != aso.KindNone) // the second time: Redis looks all keys up before it reads one
	r.serving = o.group != nil && !r.new || r.after.Less(top)
	if o.group != nil && r.serving {
		c.seeConsumer(r.s, r.key, o.group, o.consumer)
	}
}

// seeConsumer notes that a consumer is active, and lets it be if it is new.
func (c *Call) seeConsumer(s *aso.Stream, key, group, name []byte) {
	created := s.Group(group).Consumer(name) == nil
	s.SetConsumer(group, name, c.Tx.Now())
	if created {
		c.countChanges(1)
		c.Tx.Notify(aso.NotifyStream, "xgroup-createconsumer", key)
	}
}

// replyReads replies with what the n serving streams have.
func (c *Call) replyReads(o *readOptions, reads []streamRead, n int) {
	if c.Reply.Protocol() == 3 {
		c.Reply.Map(n)
	} else {
		c.Reply.Array(n)
	}
	for i := range reads {
		r := &reads[i]
		if !r.serving {
			continue
		}
		if c.Reply.Protocol() == 2 {
			c.Reply.Array(2)
		}
		c.Reply.Bulk(r.key)
		if o.group != nil && c.ready == nil {
			c.countChanges(1)
		} else if o.group != nil {
			c.countChanges(0)
		}
		first, _ := r.after.Next()
		switch {
		case o.group == nil:
			c.replyAscending(&r.s.Stream, first, value.MaxStreamID, o.count)
		case r.new:
			c.deliverNew(r, o, first)
		default:
			c.deliverAgain(r, o, first)
		}
	}
}

// deliverNew replies with the entries from first on, which then are read by the group, and pending unless nothing is to be acknowledged.
func (c *Call) deliverNew(r *streamRead, o *readOptions, first value.StreamID) {
	at, n, now := c.Reply.Defer(), 0, c.Tx.Now()
	g := r.s.Group(o.group)
	last, read := g.LastID(), g.Read()
	var list []value.Delivery
	r.s.Ascend(first, func(e *value.StreamEntry) bool {
		c.replyEntry(e)
		if !o.noAck {
			list = append(list, value.Delivery{ID: e.ID, At: now, Count: 1})
		}
		if last.Less(e.ID) {
			last = e.ID
			if read != value.EntriesUnknown && !r.s.HasGapFrom(e.ID) {
				read++
			} else if r.s.Added() > 0 {
				read = r.s.EntriesUpTo(e.ID)
			}
		}
		n++
		return int64(n) != o.count
	})
	c.Reply.SetArray(at, n)
	if n == 0 {
		return
	}
	r.s.SetGroup(o.group, last, read)
	r.s.Deliver(o.group, o.consumer, list)
}

// deliverAgain replies with what is pending of the consumer from first on; entries that are there no more have a null for their fields.
func (c *Call) deliverAgain(r *streamRead, o *readOptions, first value.StreamID) {
	at, n, now := c.Reply.Defer(), 0, c.Tx.Now()
	g := r.s.Group(o.group)
	var list []value.Delivery
	g.EachPendingOf(g.Consumer(o.consumer), first, func(d value.Delivery) bool {
		if e, ok := r.s.Get(d.ID); ok {
			c.replyEntry(e)
			list = append(list, value.Delivery{ID: d.ID, At: now, Count: d.Count + 1})
		} else {
			c.Reply.Array(2)
			c.replyID(d.ID)
			c.Reply.NullArray()
		}
		n++
		return int64(n) != o.count
	})
	c.Reply.SetArray(at, n)
	r.s.Deliver(o.group, o.consumer, list)
}
