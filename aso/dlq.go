package aso

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// DeadKind says what kind of work failed. The numbers are in the journal.
type DeadKind uint8

// The kinds of dead letters.
const (
	DeadTimer DeadKind = iota + 1
	DeadMessage
)

var deadKinds = [...]string{DeadTimer: "timer", DeadMessage: "message"}

// String returns the name of the kind.
func (k DeadKind) String() string { return deadKinds[k] }

// DeadLetter is work on an object that failed until it was given up. It belongs to the slot of its key, and is kept until somebody
// retries or drops it, its database is flushed, or newer ones need the room. It is immutable.
type DeadLetter struct {
	ID       DeadID
	Kind     DeadKind
	Time     int64 // when it was given up, Unix milliseconds
	Due      int64 // when it was due first, Unix milliseconds
	DB       int
	Key      string
	Name     string // of the timer or the message
	Handler  string // name@version of the handler that failed last; empty if none ran
	Attempts int64
	Error    string
	Data     []byte // what the handler got
	Private  []byte // what RetryDead needs beyond that; only the kind knows what it means
}

// DeadID names a dead letter, and where it is. Later ones of a node have greater numbers.
type DeadID struct {
	Number uint64
	Slot   uint16
}

// String returns the form that clients see.
func (id DeadID) String() string {
	return strconv.FormatUint(id.Number, 36) + "-" + strconv.Itoa(int(id.Slot))
}

// ParseDeadID reads what String returned.
func ParseDeadID(text []byte) (id DeadID, ok bool) {
	number, slot, ok := strings.Cut(string(text), "-")
	n, err := strconv.ParseUint(number, 36, 64)
	s, err2 := strconv.ParseUint(slot, 10, 16)
	return DeadID{n, uint16(s)}, ok && err == nil && err2 == nil && s < Slots
}

// Locks adds what guards the dead letter to l.
func (id DeadID) Locks(l *Locks) { l.add(partitionOf(id.Slot)) }

// deadTotals are figures of the dead letters of all partitions.
type deadTotals struct {
	count atomic.Int64
	bytes atomic.Int64
	max   atomic.Int64 // entries kept; beyond it the oldest go
}

// defaultDeadMax is how many dead letters are kept where SetDeadMax was not called.
const defaultDeadMax = 10000

// deadLetters are those of a partition, the oldest first. Guarded by the partition's lock.
type deadLetters struct {
	list   []*DeadLetter
	oldest atomic.Uint64 // number of the first one, 0 if there is none; read without the lock
}

func (d *deadLetters) search(number uint64) (i int, found bool) {
	return slices.BinarySearchFunc(d.list, number, func(l *DeadLetter, n uint64) int { return cmp.Compare(l.ID.Number, n) })
}

// set makes list the dead letters.
func (d *deadLetters) set(list []*DeadLetter) {
	d.list = list
	var oldest uint64
	if len(list) > 0 {
		oldest = list[0].ID.Number
	}
	d.oldest.Store(oldest)
}

// deadLetter keeps work on the object l.Key of the selected database that has failed for good. The caller fills in all but ID, Time, DB and
// Handler, which is that of the last RunHandler if it failed. Part of the running unit.
func (tx *Tx) deadLetter(l *DeadLetter) {
	l.ID = DeadID{tx.eventID(), Slot([]byte(l.Key))}
	l.Time, l.DB = tx.now, tx.db
	if c := tx.failed; c != nil {
		l.Handler = c.Program.Name() + "@" + c.ID.String()
	}
	tx.effectDead(l)
	tx.insertDead(l)
	tx.metrics().Dead.Add(1)
}

func (tx *Tx) effectDead(l *DeadLetter) {
	if log := &tx.effects; log.on && !tx.replay {
		l.encode(log)
	}
}

// insertDead adds l to its partition.
func (tx *Tx) insertDead(l *DeadLetter) {
	part := partitionOf(l.ID.Slot)
	d := &tx.ks.parts[part].dead
	if i, found := d.search(l.ID.Number); !found {
		d.set(slices.Insert(d.list, i, l))
		tx.countDead(part, l, 1)
		tx.undo.add(noDB, nil, func() { tx.removeDead(l.ID) })
	}
}

// removeDead takes a dead letter out of its partition; nil if it is not there.
func (tx *Tx) removeDead(id DeadID) *DeadLetter {
	part := partitionOf(id.Slot)
	d := &tx.ks.parts[part].dead
	i, found := d.search(id.Number)
	if !found {
		return nil
	}
	l := d.list[i]
	d.set(slices.Delete(d.list, i, i+1))
	tx.countDead(part, l, -1)
	tx.undo.add(noDB, nil, func() { tx.insertDead(l) })
	return l
}

func (tx *Tx) countDead(part int, l *DeadLetter, n int64) {
	tx.changed.add(part)
	tx.changes++
	tx.ks.dead.count.Add(n)
	tx.ks.dead.bytes.Add(n * l.size())
}

// size returns about how many bytes l holds.
func (l *DeadLetter) size() int64 {
	const fixed = 160 // struct, pointer
	return int64(fixed + len(l.Key) + len(l.Name) + len(l.Handler) + len(l.Error) + len(l.Data) + len(l.Private))
}

// DropDead removes a dead letter whose partition the Tx holds, and returns it; nil if there is none.
func (tx *Tx) DropDead(id DeadID) *DeadLetter {
	l := tx.removeDead(id)
	if l != nil && tx.effects.on && !tx.replay {
		tx.effects.object(l.DB, []byte(l.Key))
		tx.effects.op(opDeadGone)
		tx.effects.uint(id.Number)
	}
	return l
}

// Dead returns a dead letter whose partition the Tx holds; nil if there is none.
func (tx *Tx) Dead(id DeadID) *DeadLetter {
	d := &tx.ks.parts[partitionOf(id.Slot)].dead
	if i, found := d.search(id.Number); found {
		return d.list[i]
	}
	return nil
}

// RetryDead arms the work of a dead letter again, as if it had never been tried, and removes the dead letter; ok is false if there is none.
// The caller rolls back if it fails.
func (tx *Tx) RetryDead(id DeadID) (ok bool, err error) {
	l := tx.DropDead(id)
	if l == nil {
		return false, nil
	}
	selected := tx.db
	defer tx.Select(selected)
	tx.Select(l.DB)
	return true, tx.rearm(l)
}

// rearm lets the work of l run again.
func (tx *Tx) rearm(l *DeadLetter) error {
	switch l.Kind {
	case DeadTimer:
		return tx.rearmTimer(l)
	case DeadMessage:
		return tx.rearmMessage(l)
	}
	return errCorrupt
}

// flushDead drops the dead letters of database db in those slots of partition part that in reports.
func (tx *Tx) flushDead(part, db int, in func(slot int) bool) {
	for _, l := range slices.Clone(tx.ks.parts[part].dead.list) {
		if l.DB == db && in(int(l.ID.Slot)) {
			tx.removeDead(l.ID)
		}
	}
}

// swapDead lets the dead letters of databases a and b in p change places.
func (p *partition) swapDead(a, b int) {
	for i, l := range p.dead.list {
		if l.DB != a && l.DB != b {
			continue
		}
		moved := *l
		moved.DB = a + b - l.DB
		p.dead.list[i] = &moved
	}
}
