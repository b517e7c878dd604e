package aso

import (
	"slices"

	"comet/aso/rdb"
)

// Dumped is an object as EachDump passes it. Its bytes are valid during the call.
type Dumped struct {
	DB       int
	Key      []byte
	Deadline int64 // Unix milliseconds, 0 for none
	Payload  rdb.Payload
	Active   bool // it has handlers, state or timers, which the payload does not have
}

// EachDump calls fn for each object that has a value and has not expired, database by database, while it holds the lock of the object's partition: it is for
// a keyspace that serves nobody.
func (ks *Keyspace) EachDump(fn func(d *Dumped) error) error {
	for db := range ks.databases {
		for part := range ks.parts {
			if err := ks.eachDumpIn(db, part, fn); err != nil {
				return err
			}
		}
	}
	return nil
}

func (ks *Keyspace) eachDumpIn(db, part int, fn func(d *Dumped) error) (err error) {
	var locks Locks
	locks.add(part)
	tx := ks.Begin(&locks)
	defer tx.Commit()
	p := &ks.parts[part]
	if db >= len(p.dbs) || p.dbs[db] == nil {
		return nil
	}
	d := p.dbs[db]
	for slot := range d.slots {
		d.slots[slot].each(func(r ref) bool {
			rec := ks.arena.record(r)
			at := rec.deadline()
			if rec.kind() == KindNone || tx.Over(at) {
				return true
			}
			payload := tx.dump(&entry{p: p, d: d, r: r, part: part}, rec)
			err = fn(&Dumped{DB: db, Key: slices.Clone(rec.key()), Deadline: at, Payload: payload, Active: rec.has(hasActive)})
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
