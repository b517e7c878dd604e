package aso

import (
	"slices"
	"sync/atomic"
)

// Watch is what one client watches since its last EXEC, DISCARD or UNWATCH. It belongs to the client's goroutine.
type Watch struct {
	broken atomic.Bool
	keys   []dbKey
}

// watcher is a watch of one key. It is guarded by the partition of the key.
type watcher struct {
	*Watch
	expired bool // the key has been dead for its watcher from the start, though not yet removed
}

// Watch adds key of the selected database to w. The Tx holds its lock.
func (tx *Tx) Watch(w *Watch, key []byte) {
	k := dbKey{tx.db, string(key)}
	if slices.Contains(w.keys, k) {
		return
	}
	e := tx.find(key)
	w.keys = append(w.keys, k)
	if e.p.watched == nil {
		e.p.watched = map[dbKey][]watcher{}
	}
	e.p.watched[k] = append(e.p.watched[k], watcher{w, tx.isExpired(&e)})
}

func (tx *Tx) isExpired(e *entry) bool {
	return e.r != 0 && tx.Over(tx.record(e).deadline())
}

// Locks adds the partitions of the watched keys to l.
func (w *Watch) Locks(l *Locks) {
	for _, k := range w.keys {
		l.Add([]byte(k.key))
	}
}

// Empty reports whether nothing is watched.
func (w *Watch) Empty() bool { return len(w.keys) == 0 }

// Len returns the number of watched keys.
func (w *Watch) Len() int { return len(w.keys) }

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
		if tx.isExpired(&e) && !slices.Contains(e.p.watched[k], watcher{w, true}) {
			return true
		}
	}
	return false
}

// Unwatch ends w. The Tx holds the locks of w.
func (tx *Tx) Unwatch(w *Watch) {
	for _, k := range w.keys {
		p := &tx.ks.parts[partitionOf(Slot([]byte(k.key)))]
		left := slices.DeleteFunc(p.watched[k], func(other watcher) bool { return other.Watch == w })
		if len(left) == 0 {
			delete(p.watched, k)
		} else {
			p.watched[k] = left
		}
	}
	w.keys = nil
	w.broken.Store(false)
}

// breakWatches tells the watchers of k that it changed. The removal of what has been dead for a watcher from the start is no change.
func (tx *Tx) breakWatches(k dbKey) {
	p := &tx.ks.parts[partitionOf(Slot([]byte(k.key)))]
	watchers := p.watched[k]
	for i := range watchers {
		if w := &watchers[i]; w.expired && tx.presence(p, k.db, k.key) == absent {
			w.expired = false
		} else {
			w.broken.Store(true)
		}
	}
}

// breakAllWatches tells those that wait for events, and the watchers of keys of database db in p, that the database other takes its place, or
// that it is emptied if other is -1. A watcher for whom a key stays dead learns nothing.
func (tx *Tx) breakAllWatches(p *partition, db, other int) {
	tx.touchAwaited(p, db)
	for k, watchers := range p.watched {
		if k.db != db {
			continue
		}
		before, after := tx.presence(p, db, k.key), tx.presence(p, other, k.key)
		for i := range watchers {
			w := &watchers[i]
			if dead := w.expired || before == absent; dead && after != alive {
				w.expired = after == expired
			} else {
				w.broken.Store(true)
			}
		}
	}
}

// presence is whether there is a value of a key.
type presence uint8

const (
	absent presence = iota
	expired
	alive
)

// presence returns whether key, of the partition p, has a value in database db. No database -1 has any.
func (tx *Tx) presence(p *partition, db int, key string) presence {
	if db < 0 || p.dbs[db] == nil {
		return absent
	}
	k := []byte(key)
	t := &p.dbs[db].slots[Slot(k)%slotsPerPartition]
	i := t.find(tx.ks.arena, k, hashKey(k))
	if i < 0 {
		return absent
	}
	switch r := tx.ks.arena.record(t.ref(i)); {
	case r.kind() == KindNone:
		return absent
	case tx.Over(r.deadline()):
		return expired
	}
	return alive
}
