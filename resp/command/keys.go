package command

import (
	"bytes"

	"comet/aso"
)

var keysCommands = family{
	"copy":            {run: copyKey},
	"dbsize":          {run: dbsize, access: accessAll},
	"del":             {run: del},
	"exists":          {run: exists},
	"expire":          {run: expire},
	"expireat":        {run: expireat},
	"expiretime":      {run: expiretime},
	"flushall":        {run: flushall, access: accessAll},
	"flushdb":         {run: flushdb, access: accessAll},
	"keys":            {run: keys, access: accessAll},
	"move":            {run: move},
	"object|encoding": {run: objectEncoding},
	"object|freq":     {run: objectFreq},
	"object|help":     {run: objectHelp},
	"object|idletime": {run: objectIdletime},
	"object|refcount": {run: objectRefcount},
	"persist":         {run: persist},
	"pexpire":         {run: pexpire},
	"pexpireat":       {run: pexpireat},
	"pexpiretime":     {run: pexpiretime},
	"pttl":            {run: pttl},
	"randomkey":       {run: randomkey, access: accessAll},
	"rename":          {run: rename},
	"renamenx":        {run: renamenx},
	"scan":            {run: scan},
	"swapdb":          {run: swapdb, access: accessAll},
	"touch":           {run: touch},
	"ttl":             {run: ttl},
	"type":            {run: typeOf},
	"unlink":          {run: del},
}

// del deletes keys and replies with how many there were.
func del(c *Call) error {
	c.countKeys(c.delete)
	return nil
}

// delete deletes key, with a notification, and reports whether it existed.
func (c *Call) delete(key []byte) bool {
	if !c.Tx.Delete(key) {
		return false
	}
	c.Tx.Notify(aso.NotifyGeneric, "del", key)
	return true
}

// exists replies with how many of the keys exist.
func exists(c *Call) error {
	c.countKeys(func(key []byte) bool {
		found := c.Tx.Exists(key)
		c.Tx.CountRead(key, found)
		return found
	})
	return nil
}

// touch notes an access to keys and replies with how many exist.
func touch(c *Call) error {
	c.countKeys(c.Tx.Touch)
	return nil
}

// countKeys replies with the number of keys of which is reports true.
func (c *Call) countKeys(is func(key []byte) bool) {
	n := 0
	for _, key := range c.Args[1:] {
		if is(key) {
			n++
		}
	}
	c.Reply.Int(int64(n))
}

// typeOf replies with the name of the key's type.
func typeOf(c *Call) error {
	kind := c.Tx.Kind(c.Arg(1))
	c.Tx.CountRead(c.Arg(1), kind != aso.KindNone)
	c.Reply.Status(kind.String())
	return nil
}

// rename gives a key another name.
func rename(c *Call) error {
	if _, err := c.rename(true); err != nil {
		return err
	}
	c.OK()
	return nil
}

// renamenx gives a key a name that no key has.
func renamenx(c *Call) error {
	renamed, err := c.rename(false)
	if err != nil {
		return err
	}
	c.intBool(renamed)
	return nil
}

func (c *Call) rename(replace bool) (renamed bool, err error) {
	from, to := c.Arg(1), c.Arg(2)
	switch {
	case !c.Tx.Exists(from):
		return false, aso.ErrNoSuchKey
	case bytes.Equal(from, to), !replace && c.Tx.Exists(to):
		return false, nil
	}
	if err := c.Tx.Rename(from, c.Tx.DB(), to); err != nil {
		return false, err
	}
	c.countChanges(1)
	c.Tx.Notify(aso.NotifyGeneric, "rename_from", from)
	c.Tx.Notify(aso.NotifyGeneric, "rename_to", to)
	return true, nil
}

// move moves a key to a database that does not have it.
func move(c *Call) error {
	db, err := c.database(2)
	switch {
	case err != nil:
		return err
	case db == c.Tx.DB():
		return errSameObject
	}
	key := c.Arg(1)
	if !c.Tx.Exists(key) || c.existsIn(db, key) {
		c.Reply.Int(0)
		return nil
	}
	if err := c.Tx.Rename(key, db, key); err != nil {
		return err
	}
	c.countChanges(1)
	c.Tx.Notify(aso.NotifyGeneric, "move_from", key)
	c.inDatabase(db, func() { c.Tx.Notify(aso.NotifyGeneric, "move_to", key) })
	c.Reply.Int(1)
	return nil
}

// copyKey copies a value to another key, which must not exist without REPLACE.
func copyKey(c *Call) error {
	db, replace, err := c.copyOptions()
	if err != nil {
		return err
	}
	from, to := c.Arg(1), c.Arg(2)
	c.Tx.SetReading(true) // of from
	switch {
	case db == c.Tx.DB() && bytes.Equal(from, to):
		return errSameObject
	case !c.Tx.Touch(from), !replace && c.existsIn(db, to):
		c.Reply.Int(0)
		return nil
	}
	if err := c.Tx.Copy(from, db, to); err != nil {
		return err
	}
	c.countChanges(1)
	c.inDatabase(db, func() { c.Tx.Notify(aso.NotifyGeneric, "copy_to", to) })
	c.Reply.Int(1)
	return nil
}

func (c *Call) copyOptions() (db int, replace bool, err error) {
	db = c.Tx.DB()
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "REPLACE"):
			replace = true
		case c.Is(i, "DB") && i+1 < len(c.Args):
			i++
			if db, err = c.database(i); err != nil {
				return 0, false, err
			}
		default:
			return 0, false, errSyntax
		}
	}
	return db, replace, nil
}

func (c *Call) existsIn(db int, key []byte) (found bool) {
	c.inDatabase(db, func() { found = c.Tx.Exists(key) })
	return found
}

// inDatabase lets fn run with another database selected.
func (c *Call) inDatabase(db int, fn func()) {
	selected := c.Tx.DB()
	c.Tx.Select(db)
	defer c.Tx.Select(selected)
	fn()
}
