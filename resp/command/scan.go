package command

import (
	"strconv"

	"comet/aso"
	"comet/aso/value"
	"comet/resp/wire"
)

const errCursor = aso.Error("ERR invalid cursor")

// scan replies with some keys and the cursor for the next ones.
func scan(c *Call) error {
	cursor, err := c.cursor(1)
	if err != nil {
		return err
	}
	o, err := c.scanOptions(2, true)
	if err != nil {
		return err
	}
	items, lookups := c.newScanReply(), int64(0)
	next, err := c.scanKeys(cursor, o.count, func(key []byte, kind aso.Kind) {
		if !o.matches(key) {
			return
		}
		lookups++
		if o.matchesKind(kind) {
			items.add(key)
		}
	})
	if o.asksKind() {
		c.Server.ks.Metrics.Hits.Add(lookups)
	}
	if err != nil {
		return err
	}
	c.replyScan(next, items)
	return nil
}

// scanKeys scans under the locks of the transaction, or takes locks for a part of the keys at a time.
func (c *Call) scanKeys(cursor uint64, count int, fn func(key []byte, kind aso.Kind)) (next uint64, err error) {
	if c.Tx != nil {
		return c.Tx.Scan(cursor, count, fn), nil
	}
	next, gate := c.Server.ks.Scan(c.Session.db, cursor, count, fn)
	c.Server.ks.WaitToShow(gate)
	return next, nil
}

// cursor returns argument i as the cursor of a SCAN command. As in Redis it is what C's strtoul takes, and nothing is 0.
func (c *Call) cursor(i int) (uint64, error) {
	digits := string(clip(c.Arg(i), maxQuoted))
	if digits == "" {
		return 0, nil
	}
	sign := digits[0]
	if sign == '-' || sign == '+' {
		digits = digits[1:]
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0, errCursor
	}
	if sign == '-' {
		n = -n
	}
	return n, nil
}

// scanOptions are the options of SCAN, HSCAN, SSCAN and ZSCAN.
type scanOptions struct {
	count   int
	pattern []byte // nil matches everything
	kind    []byte // name of a type; nil is any
}

// scanOptions reads the options from argument i on; TYPE is one of them only if byType is set.
func (c *Call) scanOptions(i int, byType bool) (scanOptions, error) {
	o := scanOptions{count: 10}
	for ; i < len(c.Args); i += 2 {
		last := i+1 == len(c.Args)
		switch {
		case c.Is(i, "COUNT") && !last:
			count, err := c.Int(i + 1)
			if err != nil {
				return o, err
			}
			if count < 1 {
				return o, errSyntax
			}
			o.count = int(count)
		case c.Is(i, "MATCH") && !last:
			o.pattern = c.Arg(i + 1)
			if string(o.pattern) == "*" {
				o.pattern = nil
			}
		case byType && c.Is(i, "TYPE") && !last:
			o.kind = c.Arg(i + 1)
		default:
			return o, errSyntax
		}
	}
	return o, nil
}

// matches reports whether a key, field or member is asked for.
func (o *scanOptions) matches(b []byte) bool {
	return o.pattern == nil || value.Match(o.pattern, b, false)
}

func (o *scanOptions) asksKind() bool { return o.kind != nil }

func (o *scanOptions) matchesKind(kind aso.Kind) bool {
	if !o.asksKind() {
		return true
	}
	var buf [8]byte
	return string(lower(buf[:0], o.kind)) == kind.String()
}

// scanReply collects what a scan finds, because the reply begins with the cursor for the rest.
type scanReply struct {
	items wire.Reply
	n     int
}

func (c *Call) newScanReply() *scanReply {
	r := &scanReply{}
	r.items.SetProtocol(c.Reply.Protocol())
	return r
}

func (r *scanReply) add(item []byte) {
	r.items.Bulk(item)
	r.n++
}

// replyScan replies with the cursor and the items of a scan.
func (c *Call) replyScan(next uint64, r *scanReply) {
	var buf [20]byte
	c.Reply.Array(2)
	c.Reply.Bulk(strconv.AppendUint(buf[:0], next, 10))
	c.Reply.Array(r.n)
	c.Reply.Raw(r.items.Bytes())
}
