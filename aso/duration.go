package aso

import "time"

// Event names a kind of work of a keyspace whose duration is told, as Redis calls it.
const (
	ExpireCycle   = "expire-cycle"   // a round in which objects die, timers fire and messages are delivered
	ExpireOne     = "expire-del"     // the death of an object that somebody looked for
	EvictionCycle = "eviction-cycle" // a search for objects that give way
	EvictOne      = "eviction-del"   // the eviction of one
)

// OnDuration calls fn with what took how long. fn is called under locks, so it must not wait. It is set before the keyspace is used.
func (ks *Keyspace) OnDuration(fn func(event string, took time.Duration)) { ks.onDuration = fn }

// tellDuration tells how long it is since something began.
func (ks *Keyspace) tellDuration(event string, began time.Time) {
	if ks.onDuration != nil {
		ks.onDuration(event, time.Since(began))
	}
}
