package aso

import "sync/atomic"

// Watch is what one client watches since its last EXEC, DISCARD or UNWATCH. It belongs to the client's goroutine.
type Watch struct {
	broken atomic.Bool
	keys   []watchedKey
}

type watchedKey struct {
	dbKey
	expired bool // it had expired already when the watch began
}

// Watch adds key of the selected database to w. The Tx holds its lock.
func (tx *Tx) Watch(w *Watch, key []byte) {
	k := dbKey{tx.db, string(key)}
	for _, seen := range w.keys {
		if seen.dbKey == k {
			return
		}
	}
	e := tx.find(key)
	w.keys = append(w.keys, watchedKey{k, tx.isExpired(&e)})
	if e.p.watched == nil {
		e.p.watched = map[dbKey][]*Watch{}
	}
	e.p.watched[k] = append(e.p.watched[k], w)
}

func (tx *Tx) isExpired(e *entry) bool {
	if e.r == 0 {
		return false
	}
	at := tx.record(e).deadline()
	return at != 0 && at <= tx.now
}

// Locks adds the partitions of the watched keys to l.
func (w *Watch) Locks(l *Locks) {
	for _, k := range w.keys {
		l.Add([]byte(k.key))
	}
}

// Empty reports whether nothing is watched.
func (w *Watch) Empty() bool { return len(w.keys) == 0 }

// Dirty reports whether a watched key is known to have changed since Watch. It may be called by any goroutine.
func (w *Watch) Dirty() bool { return w.broken.Load() }

// Broken reports whether a watched key changed since Watch, or expired. The Tx holds the locks of w.
func (tx *Tx) Broken(w *Watch) bool {
	if w.broken.Load() {
		return true
	}
	db := tx.db
	defer tx.Select(db)
	for _, k := range w.keys {
		tx.Select(k.db)
		e := tx.find([]byte(k.key))
		if !k.expired && tx.isExpired(&e) {
			return true
		}
	}
	return false
}

// Unwatch ends w. The Tx holds the locks of w.
func (tx *Tx) Unwatch(w *Watch) {
	for _, k := range w.keys {
		p := &tx.ks.parts[partitionOf(Slot([]byte(k.key)))]
		left := p.watched[k.dbKey]
		for i, other := range left {
			if other == w {
				left = append(left[:i:i], left[i+1:]...)
				break
			}
		}
		if len(left) == 0 {
			delete(p.watched, k.dbKey)
		} else {
			p.watched[k.dbKey] = left
		}
	}
	w.keys = nil
	w.broken.Store(false)
}

func (tx *Tx) breakWatches(k dbKey) {
	for _, w := range tx.ks.parts[partitionOf(Slot([]byte(k.key)))].watched[k] {
		w.broken.Store(true)
	}
}

// breakAllWatches tells those that wait for events, and the watchers of the keys of database db in p that exist there, or in the database other that takes its place.
func (tx *Tx) breakAllWatches(p *partition, db, other int) {
	tx.touchAwaited(p, db)
	for k, watches := range p.watched {
		if k.db != db || !tx.holds(p, db, k.key) && !tx.holds(p, other, k.key) {
			continue
		}
		for _, w := range watches {
			w.broken.Store(true)
		}
	}
}

// holds reports whether key, of the partition p, has a value in database db, expired or not.
func (tx *Tx) holds(p *partition, db int, key string) bool {
	d := p.dbs[db]
	if d == nil {
		return false
	}
	k := []byte(key)
	t := &d.slots[Slot(k)%slotsPerPartition]
	i := t.find(tx.ks.arena, k, hashKey(k))
	return i >= 0 && tx.ks.arena.record(t.ref(i)).kind() != KindNone
}
