package aso

import (
	"cmp"
	"slices"

	"comet/aso/value"
)

// SetDeadMax sets how many dead letters are kept. Beyond it the oldest go, when RunDue runs next.
func (ks *Keyspace) SetDeadMax(n int64) {
	ks.dead.max.Store(n)
	ks.wakeExpirer()
}

// DeadCount returns the number of dead letters of all databases.
func (ks *Keyspace) DeadCount() int64 { return ks.dead.count.Load() }

// DeadLetters returns the newest dead letters of the selected database whose key matches pattern, at most count, the newest first. It looks
// at the partitions the Tx holds.
func (tx *Tx) DeadLetters(pattern []byte, count int) (found []*DeadLetter) {
	tx.locks.each(func(part int) { found = tx.ks.parts[part].deadMatching(found, tx.db, pattern) })
	return newestDead(found, count)
}

// DeadLetters is Tx.DeadLetters of database db outside a Tx: it locks one partition after the other. gate is the position to pass to Wait
// before they leave.
func (ks *Keyspace) DeadLetters(db int, pattern []byte, count int) (found []*DeadLetter, gate uint64) {
	for part := range ks.parts {
		if ks.parts[part].dead.oldest.Load() == 0 {
			continue
		}
		var locks Locks
		locks.add(part)
		tx := ks.Begin(&locks)
		found = ks.parts[part].deadMatching(found, db, pattern)
		gate = max(gate, tx.Commit())
	}
	return newestDead(found, count), gate
}

func (p *partition) deadMatching(found []*DeadLetter, db int, pattern []byte) []*DeadLetter {
	for _, l := range p.dead.list {
		if l.DB == db && value.Match(pattern, []byte(l.Key), false) {
			found = append(found, l)
		}
	}
	return found
}

func newestDead(found []*DeadLetter, count int) []*DeadLetter {
	slices.SortFunc(found, func(a, b *DeadLetter) int { return cmp.Compare(b.ID.Number, a.ID.Number) })
	return found[:min(count, len(found))]
}

// trimDead drops the oldest dead letters beyond the limit. It returns the journal position of that, 0 if there are none.
func (ks *Keyspace) trimDead() (gate uint64) {
	for ks.dead.count.Load() > ks.dead.max.Load() {
		part := ks.oldestDead()
		if part < 0 {
			break
		}
		var locks Locks
		locks.add(part)
		tx := ks.Begin(&locks)
		if list := ks.parts[part].dead.list; len(list) > 0 {
			tx.Start(list[0].DB)
			tx.DropDead(list[0].ID)
			ks.Metrics.DeadDropped.Add(1)
		}
		gate = max(gate, tx.Commit())
	}
	return gate
}

// oldestDead returns the partition of the oldest dead letter, -1 if there is none.
func (ks *Keyspace) oldestDead() (part int) {
	part = -1
	var first uint64
	for i := range ks.parts {
		if n := ks.parts[i].dead.oldest.Load(); n != 0 && (first == 0 || n < first) {
			part, first = i, n
		}
	}
	return part
}
