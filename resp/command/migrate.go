package command

import (
	"errors"
	"time"

	"comet/aso"
	redis "comet/resp/client"
	"comet/resp/wire"
)

var migrateCommands = family{
	"migrate": {run: migrate, access: accessAlone},
}

const (
	errMigrateKeys    = aso.Error("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string")
	errMigrateDial    = aso.Error("IOERR error or timeout connecting to the client")
	errMigrateWrite   = aso.Error("IOERR error or timeout writing to target instance")
	errMigrateRead    = aso.Error("IOERR error or timeout reading to target instance")
	errMigrateHere    = aso.Error("ERR MIGRATE waits for another server, which a transaction or script cannot")
	errMigrateKept    = aso.Error("ASODENY a handler keeps the key, so that it cannot go elsewhere")
	errMigrateChanged = aso.Error("ERR a key was changed each time while it was sent: it stays here, and the target has an older copy")
)

// migrateFirstOption is where the options of MIGRATE begin.
const migrateFirstOption = 6

// migration is a MIGRATE.
type migration struct {
	c             *Call
	copy, replace bool
	user          string
	password      []byte
	db            string // of the target
	timeout       time.Duration
	keys          [][]byte

	conn    *redis.Conn // nil if there is none
	release func() bool // the connection from the end of the server
	retry   bool        // the connection may be made again
}

// parcel is a key that is sent.
type parcel struct {
	key     []byte
	payload []byte
	ttl     int64 // milliseconds, 0 for none
	watch   *aso.Watch
	again   bool // the target has a copy of ours
}

// migrate sends keys to another server, and deletes them when that has them. No lock is held meanwhile: what a client changes in between is sent again.
func migrate(c *Call) error {
	m, err := c.migration()
	switch {
	case err != nil:
		return err
	case c.Tx != nil:
		return errMigrateHere
	}
	list, err := m.begin()
	if err != nil {
		return err
	}
	defer func() { m.unwatch(list) }()
	if len(list) == 0 {
		c.Reply.Status("NOKEY")
		return nil
	}
	defer m.hangUp()
	const tries = 16 // of keys that are changed while they are sent
	for range tries {
		sent, failed := m.send(list)
		if !m.copy {
			again, err := m.finish(list, sent)
			list = again
			if failed == nil {
				failed = err
			}
		}
		switch {
		case failed != nil:
			return failed
		case m.copy || len(list) == 0:
			c.OK()
			return nil
		}
	}
	return errMigrateChanged
}

// under calls fn with the locks of the keys, and waits until what it did, and saw, is durable.
func (m *migration) under(fn func(tx *aso.Tx) error) error {
	var locks aso.Locks
	for _, key := range m.keys {
		locks.Add(key)
	}
	tx := m.c.Server.ks.Begin(&locks)
	tx.SetClient(m.c.Session.Conn.ID())
	tx.Start(m.c.Session.db)
	err := fn(tx)
	err = errors.Join(err, tx.End())
	if waitErr := m.c.Server.ks.Wait(tx.Commit()); waitErr != nil {
		return waitErr
	}
	return err
}

// begin takes the payloads of the keys that are there.
func (m *migration) begin() (list []*parcel, err error) {
	err = m.under(func(tx *aso.Tx) error {
		for _, key := range m.keys {
			k := &parcel{key: key}
			found, err := m.take(tx, k)
			if err != nil {
				return err
			}
			if found {
				list = append(list, k)
			}
		}
		return nil
	})
	if err != nil {
		m.unwatch(list)
		return nil, err
	}
	return list, nil
}

// take dumps a key, as the client may see it, and watches it; found is false if there is none. A key that its handlers do not let go is an error.
func (m *migration) take(tx *aso.Tx, k *parcel) (found bool, err error) {
	reply, err := m.run(tx, "dump", k.key)
	if err != nil || reply.Null {
		return false, err
	}
	if !m.copy && tx.IsActive(k.key) {
		if err := m.mayGo(tx, k.key); err != nil {
			return false, err
		}
	}
	k.payload, k.ttl = reply.Text, 0
	if at, _ := tx.Deadline(k.key); at != 0 {
		k.ttl = max(at-tx.Now(), 1)
	}
	k.watch = new(aso.Watch)
	tx.Watch(k.watch, k.key)
	return true, nil
}

// mayGo asks the handlers of a key, without doing it, whether it can be deleted.
func (m *migration) mayGo(tx *aso.Tx, key []byte) error {
	var reply redis.Reply
	var refused error
	err := tx.DryRun(&aso.DryRun{Key: key}, func() { reply, refused = m.run(tx, "del", key) })
	if err := errors.Join(err, refused); err != nil {
		return err
	}
	if string(reply.Text) == "0" {
		return errMigrateKept
	}
	return nil
}

// run runs a command on a key of the client, with its handlers, and returns the reply.
func (m *migration) run(tx *aso.Tx, name string, key []byte) (redis.Reply, error) {
	var reply wire.Reply
	c := Call{Args: [][]byte{[]byte(name), key}, Cmd: m.c.Server.table[name], Tx: tx, Reply: &reply, Session: m.c.Session, Server: m.c.Server}
	if err := c.Server.try(&c); err != nil {
		return redis.Reply{}, err
	}
	return redis.ParseReply(reply.Bytes())
}

// finish deletes the keys whose payloads the target has taken, as far as they are still what was sent. It returns those that are to be sent again.
func (m *migration) finish(list []*parcel, sent []bool) (again []*parcel, err error) {
	var gone [][]byte
	underErr := m.under(func(tx *aso.Tx) error {
		deleted := map[string]bool{}
		for i, k := range list {
			changed := tx.Broken(k.watch)
			tx.Unwatch(k.watch)
			switch {
			case !sent[i] || deleted[string(k.key)]:
			case !changed:
				deleted[string(k.key)] = true
				if reply, delErr := m.run(tx, "del", k.key); delErr != nil {
					err = delErr
				} else if string(reply.Text) == "0" {
					err = errMigrateKept
				}
			default:
				found, takeErr := m.take(tx, k)
				switch k.again = true; {
				case takeErr != nil:
					err = takeErr
				case found:
					again = append(again, k)
				default:
					gone = append(gone, k.key)
				}
			}
		}
		return nil
	})
	err = errors.Join(err, underErr)
	if err == nil && len(gone) > 0 {
		err = m.removeThere(gone)
	}
	return again, err
}

// unwatch ends the watches that are left.
func (m *migration) unwatch(list []*parcel) {
	if len(list) == 0 {
		return
	}
	_ = m.under(func(tx *aso.Tx) error {
		for _, k := range list {
			tx.Unwatch(k.watch)
		}
		return nil
	})
}
