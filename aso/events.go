package aso

import (
	"slices"
	"strconv"

	"comet/aso/sandbox"
)

// Classes of keyspace notifications, as the letters of notify-keyspace-events.
const (
	NotifyKeyspace uint32 = 1 << iota // K
	NotifyKeyevent                    // E
	NotifyGeneric                     // g
	NotifyString                      // $
	NotifyList                        // l
	NotifySet                         // s
	NotifyHash                        // h
	NotifyZSet                        // z
	NotifyExpired                     // x
	NotifyEvicted                     // e
	NotifyStream                      // t
	NotifyKeyMiss                     // m
	NotifyModule                      // d
	NotifyNew                         // n
)

// event is a change of a key that its watchers and subscribers learn of at the end of the unit.
type event struct {
	class   uint32 // 0: for watchers only
	name    string
	db      int
	key     string
	payload sandbox.Value // of an emitted one
	run     func()        // see DeliverInTurn; the class is 0 then
	own     []byte        // the same
	heard   bool          // see Hear
}

// SetNotify chooses the classes of keyspace notifications that are published.
func (ks *Keyspace) SetNotify(classes uint32) { ks.notify.Store(classes) }

// Notify publishes a keyspace notification when the unit is durable, if its class is on.
func (tx *Tx) Notify(class uint32, name string, key []byte) {
	if tx.ks.notify.Load()&class == 0 && !tx.dry.notices(class) || tx.replay {
		return
	}
	tx.events = append(tx.events, event{class: class, name: name, db: tx.db, key: string(key)})
}

// touch tells the watchers of key, whose partition is p, the clients that wait for its events, and feeds that it changed.
func (tx *Tx) touch(p *partition, key []byte) {
	tx.touchUnchanged(p, key)
	if tx.feeding() {
		tx.feedTell(FeedUpdate, key, "", nil)
	}
}

// touchUnchanged tells the watchers of key, whose partition is p, the clients that wait for its events, and the tracker that it was written, though as it was.
func (tx *Tx) touchUnchanged(p *partition, key []byte) {
	if (len(p.watched) > 0 || len(p.awaited) > 0 || tx.ks.tracking.Load()) && !tx.replay {
		tx.events = append(tx.events, event{db: tx.db, key: string(key)})
	}
}

// signalReady lets blocked clients that wait for key try again at the end of the unit.
func (tx *Tx) signalReady(p *partition, key []byte) {
	if len(p.blocked) == 0 || tx.replay {
		return
	}
	k := dbKey{tx.db, string(key)}
	if p.blocked[k] != nil {
		tx.ready = append(tx.ready, k)
	}
}

// fireEvents tells watchers, subscribers and the tracker of the unit's changes.
func (tx *Tx) fireEvents() {
	if len(tx.events) == 0 {
		return
	}
	var changed []dbKey // told of
	for _, e := range tx.events {
		switch k := (dbKey{e.db, e.key}); {
		case e.run != nil:
			tx.Deliver(e.run)
		case e.class&forTracker != 0:
			tx.tellTracker(e)
		case e.class == emitted:
			tx.tell(k, e.name, e.payload)
		case e.class != 0:
			tx.publishEvent(e)
		default:
			tx.tellTracker(e)
			tx.breakWatches(k)
			if tx.isAwaited(k) && !slices.Contains(changed, k) {
				changed = append(changed, k)
				tx.tellChange(k)
			}
		}
	}
	clear(tx.events)
	tx.events, tx.heard = tx.events[:0], 0
}

// publishEvent publishes a notification, not to the client of the Tx if that has heard of it.
func (tx *Tx) publishEvent(e event) {
	told := uint64(0)
	if e.heard {
		told = tx.client
	}
	tx.eachNotice(&e, func(channel, content []byte) { tx.publish(message{channel: channel, content: content, told: told}) })
}

// eachNotice calls fn for the messages that tell of an event.
func (tx *Tx) eachNotice(e *event, fn func(channel, content []byte)) {
	classes := tx.ks.notify.Load()
	prefix := func(kind string) []byte {
		return append(strconv.AppendInt(append([]byte("__"), kind...), int64(e.db), 10), "__:"...)
	}
	if classes&NotifyKeyspace != 0 {
		fn(append(prefix("keyspace@"), e.key...), []byte(e.name))
	}
	if classes&NotifyKeyevent != 0 {
		fn(append(prefix("keyevent@"), e.name...), []byte(e.key))
	}
}

// Publish sends a message to the subscribers of channel when the unit is durable. It keeps both slices.
func (tx *Tx) Publish(channel, content []byte) {
	tx.publish(message{channel: channel, content: content})
}

func (tx *Tx) publish(m message) {
	if tx.ks.outbox.publisher != nil {
		tx.messages = append(tx.messages, m)
	}
}
