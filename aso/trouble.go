package aso

import (
	"slices"
	"sync"
)

// Trouble is what went wrong with something that belongs to no object.
type Trouble struct {
	Time    int64  // Unix milliseconds
	Subject string // such as "alias name@alias" or "feed name"
	Text    string
}

const keptTroubles = 128

// troubles keeps the latest ones.
type troubles struct {
	mu   sync.Mutex // guards list; a leaf lock, taken under partition locks
	list []Trouble  // the oldest first
}

// trouble notes that something went wrong with what belongs to no object.
func (ks *Keyspace) trouble(subject, text string) {
	ks.Metrics.Troubles.Add(1)
	l := &ks.troubles
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) == keptTroubles {
		l.list = slices.Delete(l.list, 0, 1)
	}
	l.list = append(l.list, Trouble{ks.now(), subject, oneLine(text)})
}

// Troubles returns the latest troubles, at most count, the newest first.
func (ks *Keyspace) Troubles(count int) []Trouble {
	l := &ks.troubles
	l.mu.Lock()
	defer l.mu.Unlock()
	found := slices.Clone(l.list)
	slices.Reverse(found)
	return found[:min(count, len(found))]
}
