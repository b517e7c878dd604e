package aso

import "sync"

// localExpiry names the objects whose deadline a client of this server has set while there is a master, which does not know of it: they are the only
// ones that expire here without the master's word.
type localExpiry struct {
	mu   sync.Mutex // guards keys; a leaf lock
	keys map[dbKey]struct{}
}

// add reports whether it is the first one.
func (l *localExpiry) add(db int, key []byte) (first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if first = len(l.keys) == 0; first {
		l.keys = map[dbKey]struct{}{}
	}
	l.keys[dbKey{db, string(key)}] = struct{}{}
	return first
}

func (l *localExpiry) remove(k dbKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.keys, k)
}

func (l *localExpiry) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys = nil
}

func (l *localExpiry) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.keys)
}

// sample returns up to n of the keys: any, so that in the end none is left out.
func (l *localExpiry) sample(n int) (some []dbKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := range l.keys { // the order of a map begins anywhere
		if len(some) == n {
			break
		}
		some = append(some, k)
	}
	return some
}

// LocalDeadlines returns how many objects have a deadline that a client of this server has set while there is a master.
func (ks *Keyspace) LocalDeadlines() int { return ks.localExpiry.count() }

// SetLocal says that a client of this server writes until Commit, and not the master that it follows.
func (tx *Tx) SetLocal(on bool) { tx.local = on }

// EndsAtOnce reports whether an object that gets this deadline is deleted at once. While there is a master it is not, as in Redis: it has expired then.
func (tx *Tx) EndsAtOnce(deadline int64) bool { return !tx.local && tx.Over(deadline) }

// noteDeadline notes that key has a deadline from now on.
func (tx *Tx) noteDeadline(key []byte) {
	if tx.local && tx.ks.localExpiry.add(tx.db, key) {
		tx.ks.wakeExpirer()
	}
}

// expireLocal lets some of the objects die that a client of this server gave a deadline, if that has passed. found is false if there were few or none.
func (ks *Keyspace) expireLocal() (gate uint64, found bool) {
	const sample, few = 64, 16
	if !ks.expiring.Load() || ks.Phase() == Loading {
		return 0, false
	}
	died := 0
	for _, k := range ks.localExpiry.sample(sample) {
		done, at := ks.expireIfOver(k)
		if gate = max(gate, at); done {
			died++
		}
	}
	return gate, died > few
}

// expireIfOver lets the object of k die if its deadline has passed, and forgets one that has none any more.
func (ks *Keyspace) expireIfOver(k dbKey) (died bool, gate uint64) {
	key := []byte(k.key)
	var locks Locks
	locks.Add(key)
	tx := ks.Begin(&locks)
	tx.Start(k.db)
	at, _ := tx.deadlineOf(key)
	if died = tx.Over(at) && ks.Follows(); died {
		tx.SetCause(causeExpiry)
		tx.expire(key)
	}
	if died || at == 0 {
		ks.localExpiry.remove(k)
	}
	_ = tx.End()
	return died, tx.Commit()
}
