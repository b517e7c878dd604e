package command

import (
	"errors"
	"math"

	"comet/aso"
	"comet/aso/rdb"
)

var dumpCommands = family{
	"dump":           {run: dump},
	"restore":        {run: restore},
	"restore-asking": {run: restore},
}

const (
	errBusyKey     = aso.Error("BUSYKEY Target key name already exists.")
	errDumpTTL     = aso.Error("ERR Invalid TTL value, must be >= 0")
	errDumpIdle    = aso.Error("ERR Invalid IDLETIME value, must be >= 0")
	errDumpFreq    = aso.Error("ERR Invalid FREQ value, must be >= 0 and <= 255")
	errDumpVersion = aso.Error("ERR DUMP payload version or checksum are wrong")
	errDumpFormat  = aso.Error("ERR Bad data format")
)

// dump replies with the value of a key in the format of RESTORE, or null.
func dump(c *Call) error {
	if p, ok := c.Tx.Dump(c.Arg(1)); ok {
		c.Reply.Bulk(p)
	} else {
		c.Reply.Null()
	}
	return nil
}

// restoreOptions are the options of RESTORE.
type restoreOptions struct {
	replace, absolute bool
	usage             aso.Usage
}

// restore makes a key of what DUMP has replied.
func restore(c *Call) error {
	o, err := c.restoreOptions()
	if err != nil {
		return err
	}
	key := c.Arg(1)
	existed := c.Tx.Exists(key)
	if existed && !o.replace {
		return errBusyKey
	}
	at, err := c.restoreDeadline(o.absolute)
	if err != nil {
		return err
	}
	payload := rdb.Payload(c.Arg(3))
	c.Server.Stats.Payloads.Add(1)
	if payload.Check() != nil {
		return errDumpVersion
	}
	if c.Tx.EndsAtOnce(at) {
		if err := payload.Read(func(*rdb.Item) error { return nil }); err != nil {
			return errDumpFormat
		}
		if existed {
			c.delete(key)
		}
		c.OK()
		return nil
	}
	err = c.Tx.Restore(key, aso.Restored{Payload: payload, Deadline: at, Usage: o.usage})
	if errors.Is(err, aso.ErrDumpFormat) {
		return errDumpFormat
	}
	if err != nil {
		return err
	}
	c.countChanges(1)
	c.Tx.Notify(aso.NotifyGeneric, "restore", key)
	c.OK()
	return nil
}

func (c *Call) restoreOptions() (o restoreOptions, err error) {
	o.usage = aso.Usage{Idle: -1, Frequency: -1}
	for i := 4; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		switch {
		case c.Is(i, "REPLACE"):
			o.replace = true
		case c.Is(i, "ABSTTL"):
			o.absolute = true
		case c.Is(i, "IDLETIME") && more && o.usage.Frequency < 0:
			i++
			if o.usage.Idle, err = c.Int(i); err != nil {
				return o, err
			}
			if o.usage.Idle < 0 {
				return o, errDumpIdle
			}
		case c.Is(i, "FREQ") && more && o.usage.Idle < 0:
			i++
			n, err := c.Int(i)
			if err != nil {
				return o, err
			}
			if n < 0 || n > math.MaxUint8 {
				return o, errDumpFreq
			}
			o.usage.Frequency = int(n)
		default:
			return o, errSyntax
		}
	}
	return o, nil
}

// restoreDeadline reads the time to live of RESTORE, in milliseconds, and returns when it is over; 0 is never.
func (c *Call) restoreDeadline(absolute bool) (at int64, err error) {
	ttl, err := c.Int(2)
	switch {
	case err != nil:
		return 0, err
	case ttl < 0:
		return 0, errDumpTTL
	case ttl == 0 || absolute:
		return ttl, nil
	}
	return c.Tx.Now() + min(ttl, math.MaxInt64-c.Tx.Now()), nil
}
