package command

import (
	"bytes"
	"math"

	"comet/aso"
	"comet/aso/value"
)

const (
	errTrimTwice   = aso.Error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible")
	errTrimMaxLen  = aso.Error("ERR The MAXLEN argument must be >= 0.")
	errTrimLimit   = aso.Error("ERR The LIMIT argument must be >= 0.")
	errTrimNothing = aso.Error("ERR syntax error, XTRIM must be called with a trimming strategy")
	errLimitAlone  = aso.Error("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy")
	errLimitExact  = aso.Error("ERR syntax error, LIMIT cannot be used without the special ~ option")
)

// trimOptions are the options of XADD and XTRIM.
type trimOptions struct {
	trims   bool
	trim    value.StreamTrim
	limited bool // LIMIT was given
	noMake  bool
	id      streamPosition // XADD only
	next    int            // the argument behind the options, where the ID of XADD stands
}

// streamPosition is where XADD puts an entry.
type streamPosition struct {
	id      value.StreamID
	auto    bool // behind the last one, at the present time
	autoSeq bool // behind the last one of its milliseconds
}

// xtrim removes entries from the front and replies with how many.
func xtrim(c *Call) error {
	o, err := c.trimOptions(false)
	if err != nil {
		return err
	}
	s, err := c.Tx.Stream(c.Arg(1))
	if err != nil {
		return err
	}
	n := 0
	if s.Exists() {
		n = s.Trim(&o.trim)
	}
	if n > 0 {
		c.countChanges(n)
		c.Tx.Notify(aso.NotifyStream, "xtrim", c.Arg(1))
	}
	c.Reply.Int(int64(n))
	return nil
}

// trimOptions reads the options from argument 2 on, and with adds the ID that follows them.
func (c *Call) trimOptions(adds bool) (o trimOptions, err error) {
	i := 2
	for ; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		switch {
		case adds && string(value.CString(c.Arg(i))) == "*":
			o.id.auto, o.next = true, i
			return o, o.finish(c, adds)
		case c.Is(i, "MAXLEN") && more, c.Is(i, "MINID") && more:
			if i, err = c.trimThreshold(i, &o); err != nil {
				return o, err
			}
		case c.Is(i, "LIMIT") && more:
			i++
			if err := c.trimLimit(i, &o); err != nil {
				return o, err
			}
		case adds && c.Is(i, "NOMKSTREAM"):
			o.noMake = true
		case adds:
			o.next = i
			if o.id, err = position(c.Arg(i)); err != nil {
				return o, err
			}
			return o, o.finish(c, adds)
		default:
			return o, errSyntax
		}
	}
	o.next, o.id.auto = i, true
	return o, o.finish(c, adds)
}

// position reads the ID of XADD, "milliseconds", "milliseconds-number" or "milliseconds-*".
func position(b []byte) (p streamPosition, err error) {
	if ms, ok := bytes.CutSuffix(value.CString(b), []byte("-*")); ok && bytes.IndexByte(ms, '-') < 0 {
		p.autoSeq, b = true, ms
	}
	p.id, err = parseID(b, 0)
	return p, err
}

// trimThreshold reads "MAXLEN|MINID [=|~] threshold" at argument i and returns where it ends.
func (c *Call) trimThreshold(i int, o *trimOptions) (end int, err error) {
	if o.trims {
		return i, errTrimTwice
	}
	byID := c.Is(i, "MINID")
	o.trims, o.trim = true, value.StreamTrim{ByID: byID, Limit: o.trim.Limit}
	i++
	if op := string(c.Arg(i)); (op == "~" || op == "=") && i+1 < len(c.Args) {
		o.trim.Whole = op == "~"
		i++
	}
	if byID {
		o.trim.MinID, err = c.streamID(i, 0)
		return i, err
	}
	n, err := c.Int(i)
	if err == nil && n < 0 {
		err = errTrimMaxLen
	}
	o.trim.MaxLen = int(n)
	return i, err
}

func (c *Call) trimLimit(i int, o *trimOptions) error {
	n, err := c.Int(i)
	if err == nil && n < 0 {
		err = errTrimLimit
	}
	o.limited, o.trim.Limit = true, int(n)
	return err
}

// finish checks the options as a whole. Without LIMIT the work of an approximate trim is bounded by the entries of 100 nodes, as in Redis.
func (o *trimOptions) finish(c *Call, adds bool) error {
	switch {
	case o.trim.Limit != 0 && !o.trims:
		return errLimitAlone
	case !adds && !o.trims:
		return errTrimNothing
	case o.limited && !o.trim.Whole:
		return errLimitExact
	case !o.limited && o.trim.Whole:
		o.trim.Limit = defaultTrimLimit(c.Tx.Keyspace().Limits().StreamNodeMaxEntries)
	}
	return nil
}

func defaultTrimLimit(nodeEntries int) int {
	const nodes, unlimited, most = 100, 10000, 1000000
	switch {
	case nodeEntries == 0:
		return unlimited
	case nodeEntries > math.MaxInt/nodes:
		return most
	}
	return min(nodes*nodeEntries, most)
}
