package aso

// Tracker remembers which clients have cached which keys, and is told what units change. It is called at the end of a unit, under its locks,
// and must not wait; a message to clients goes through Tx.Deliver, so that none leaves before the unit is durable.
type Tracker interface {
	// Remember notes that the client of the unit has read key.
	Remember(tx *Tx, key string)
	// Invalidate tells that key of any database has changed, or may read differently from now on.
	Invalidate(tx *Tx, key string)
	// InvalidateAll tells that all keys may have changed.
	InvalidateAll(tx *Tx)
}

// Classes of events for the tracker only. They stand among the others, because the order of what a unit reads and changes matters.
const (
	readEvent      = 1 << (24 + iota) // the key is to be remembered
	rereadEvent                       // the key reads differently, though its value is the same: its handlers are others
	rereadAllEvent                    // any key may

	forTracker = readEvent | rereadEvent | rereadAllEvent
)

// SetTracker sets who is told what clients may have cached. It is called once, before the first unit.
func (ks *Keyspace) SetTracker(t Tracker) { ks.tracker = t }

// SetTracking says whether the tracker wants to know of changes. From any goroutine.
func (ks *Keyspace) SetTracking(on bool) { ks.tracking.Store(on) }

// SetClient says whose units follow, by the number of the client, 0 for nobody.
func (tx *Tx) SetClient(id uint64) { tx.client = id }

// Client returns what SetClient said, or whose command is served that has waited.
func (tx *Tx) Client() uint64 { return tx.client }

// Remember lets the tracker remember, at the end of the unit, that the client has read key of the selected database.
func (tx *Tx) Remember(key []byte) { tx.track(readEvent, key) }

// Reread tells the tracker that key, whose value stays, may read differently from now on.
func (tx *Tx) Reread(key []byte) {
	if tx.tracks() {
		tx.track(rereadEvent, key)
	}
}

// RereadAll is Reread of all keys.
func (tx *Tx) RereadAll() {
	if tx.tracks() {
		tx.track(rereadAllEvent, nil)
	}
}

// handlersChanged is RereadAll when other handlers act on keys. Once is enough until the unit tells of something else.
func (tx *Tx) handlersChanged() {
	if n := len(tx.events); n == 0 || tx.events[n-1].class != rereadAllEvent {
		tx.RereadAll()
	}
}

func (tx *Tx) track(class uint32, key []byte) {
	tx.events = append(tx.events, event{class: class, db: tx.db, key: string(key)})
}

func (tx *Tx) tracks() bool { return tx.ks.tracking.Load() && !tx.replay }

// tellTracker tells the tracker of e, which is for it or is a change.
func (tx *Tx) tellTracker(e event) {
	if !tx.tracks() {
		return
	}
	switch e.class {
	case readEvent:
		tx.ks.tracker.Remember(tx, e.key)
	case rereadAllEvent:
		tx.ks.tracker.InvalidateAll(tx)
	default:
		tx.ks.tracker.Invalidate(tx, e.key)
	}
}

// Tracks reports whether the tracker wants to know of changes.
func (ks *Keyspace) Tracks() bool { return ks.tracking.Load() }
