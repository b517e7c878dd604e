package command

import (
	"slices"
	"sync"

	"comet/aso"
)

// trackMode is what a client asked for with CLIENT TRACKING. It is never changed.
type trackMode struct {
	bcast, optIn, optOut, noLoop bool

	redirect uint64   // the client that gets the messages; 0 is itself
	prefixes []string // with bcast, in order
}

// caches reports whether the client keeps what the next command reads. caching is whether CLIENT CACHING came before it.
func (m *trackMode) caches(caching bool) bool {
	return (!m.optIn || caching) && (!m.optOut || !caching)
}

// tracking knows which clients have cached which keys. It is the aso.Tracker. As in Redis a key is a name, whatever its database, and a
// client that is gone stays in the table until the key changes or is evicted, or until nobody tracks.
type tracking struct {
	ks      *aso.Keyspace
	hub     *hub
	clients *clients
	maxKeys *Number

	mu       sync.Mutex // guards all below; taken under partition locks
	count    int        // clients that track
	readers  map[string][]uint64
	items    int // clients in readers
	prefixes map[string][]*Session
	changed  map[string]map[string]uint64 // by prefix: the keys to tell of, and who changed them last
}

func newTracking(s *Server) *tracking {
	t := &tracking{ks: s.ks, hub: s.hub, clients: &s.clients, maxKeys: &s.config.TrackingKeys}
	t.clearLocked()
	return t
}

func (t *tracking) clearLocked() {
	t.readers, t.items = map[string][]uint64{}, 0
	t.prefixes, t.changed = map[string][]*Session{}, map[string]map[string]uint64{}
}

// enable lets ses track as m says, which has all its prefixes.
func (t *tracking) enable(ses *Session, m *trackMode) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ses.tracking.Load() == nil {
		t.count++
		t.ks.SetTracking(true)
	}
	for _, prefix := range m.prefixes {
		if !slices.Contains(t.prefixes[prefix], ses) {
			t.prefixes[prefix] = append(t.prefixes[prefix], ses)
		}
	}
	ses.redirBroken.Store(false)
	ses.tracking.Store(m)
}

// disable ends the tracking of ses. With the last client the table goes.
func (t *tracking) disable(ses *Session) {
	m := ses.tracking.Load()
	if m == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	ses.tracking.Store(nil)
	ses.redirBroken.Store(false)
	ses.caching = false
	for _, prefix := range m.prefixes {
		left := slices.DeleteFunc(t.prefixes[prefix], func(other *Session) bool { return other == ses })
		if t.prefixes[prefix] = left; len(left) == 0 {
			delete(t.prefixes, prefix)
			delete(t.changed, prefix)
		}
	}
	if t.count--; t.count == 0 {
		t.ks.SetTracking(false)
		t.clearLocked()
	}
}

// Remember notes that the client of the unit has read key.
func (t *tracking) Remember(tx *aso.Tx, key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ids := t.readers[key]
	i, found := slices.BinarySearch(ids, tx.Client())
	if found || t.count == 0 {
		return
	}
	if len(ids) == cap(ids) && len(ids) >= fewReaders {
		ids = t.dropGoneLocked(ids)
		i, _ = slices.BinarySearch(ids, tx.Client())
	}
	t.readers[key] = slices.Insert(ids, i, tx.Client())
	t.items++
	t.evictLocked(func(told []*Session, v *invalidation) { t.tell(tx, told, v) })
}

// fewReaders is from how many clients of a key on those that are gone are looked for when their list grows.
const fewReaders = 16

// dropGoneLocked removes the clients that are gone from the readers of a key.
func (t *tracking) dropGoneLocked(ids []uint64) []uint64 {
	left := slices.DeleteFunc(ids, func(id uint64) bool { return t.clients.find(int64(id)) == nil })
	t.items -= len(ids) - len(left)
	return left
}

// evictLocked forgets keys beyond tracking-table-max-keys, any of them, and lets tell tell their readers, as if another client had changed them. It reports
// whether that was all.
func (t *tracking) evictLocked(tell func(told []*Session, v *invalidation)) bool {
	const most = 100 // at once, if the limit was lowered
	limit := t.maxKeys.Load()
	for range most {
		if limit == 0 || int64(len(t.readers)) <= limit {
			return true
		}
		for key := range t.readers {
			tell(t.forgetLocked(key, 0), &invalidation{keys: []string{key}})
			break
		}
	}
	return false
}

// shrink is evictLocked when the limit was lowered.
func (t *tracking) shrink() {
	for done := false; !done; {
		t.mu.Lock()
		done = t.evictLocked(func(told []*Session, v *invalidation) {
			for _, ses := range told {
				t.send(ses, v)
			}
		})
		t.mu.Unlock()
		t.hub.Flush()
	}
}

// Invalidate tells who has cached key that it is not so any more.
func (t *tracking) Invalidate(tx *aso.Tx, key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if told := t.forgetLocked(key, tx.Client()); len(told) > 0 {
		t.tell(tx, told, &invalidation{keys: []string{key}})
	}
	if len(t.prefixes) > 0 {
		by := tx.Client()
		tx.Deliver(func() { t.noteChanged(key, by) })
	}
}

// forgetLocked forgets the readers of key, and returns those that are to be told that the client by has changed it.
func (t *tracking) forgetLocked(key string, by uint64) (told []*Session) {
	ids := t.readers[key]
	delete(t.readers, key)
	t.items -= len(ids)
	for _, id := range ids {
		ses := t.clients.find(int64(id))
		if ses == nil {
			continue
		}
		if m := ses.tracking.Load(); m != nil && !m.bcast && (!m.noLoop || id != by) {
			told = append(told, ses)
		}
	}
	return told
}

// InvalidateAll tells all clients that track that all keys may have changed.
func (t *tracking) InvalidateAll(tx *aso.Tx) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.readers, t.items = map[string][]uint64{}, 0
	told := slices.DeleteFunc(t.clients.all(), func(ses *Session) bool { return ses.tracking.Load() == nil })
	t.tell(tx, told, &invalidation{})
}

// sizes returns the numbers of clients that track, of keys, of clients in the table and of prefixes.
func (t *tracking) sizes() (clients, keys, items, prefixes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count, len(t.readers), t.items, len(t.prefixes)
}
