package aso

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// An effect is an absolute change of one item; recovery and replicas apply effects and run no code. A unit is a sequence of effects:
// opKey names the object, the operations after it change that object.
const (
	opKey        = iota + 1 // database, key
	opString                // encoding, deadline, value: the object is this string
	opPacked                // kind, encoding, deadline, encoded value: the object is this collection
	opDelete                // the object is gone
	opDeadline              // deadline: 0 is none
	opActive                // active section
	opSplice                // offset, bytes: a string overwritten from offset on
	opHashSet               // field, value
	opHashDel               // field
	opSetAdd                // member
	opSetRem                // member
	opZSetPut               // member, score
	opZSetRem               // member
	opPushFront             // element
	opPushBack              // element
	opListSet               // index, element
	opListInsert            // index, element
	opListRemove            // index, count
	opFlush                 // database: all its objects are gone
	opSwap                  // database, database: they change places
	opCode                  // handler source, time, user: it is loaded
	opDead                  // dead letter, encoded: it is kept
	opDeadGone              // number of a dead letter: it is gone
	opStreamAdd             // ID, fields and values in turn
	opStreamDel             // ID
	opStreamTrim            // whether below or through, ID: the entries at the front are gone
	opStreamMeta            // last ID, entries added, greatest deleted ID
	opGroupSet              // group, last ID, entries read: it is there
	opGroupDel              // group
	opMemberSet             // group, consumer, when it was seen: it is there
	opMemberDel             // group, consumer
	opDeliver               // group, consumer, count, then ID, time and number of deliveries of each entry
	opStreamAck             // group, count, IDs
	opRule                  // id, pattern, ...: the rule is this one; an empty pattern: there is none
	opAlias                 // name, alias, whether it is there, ...: it stands for this version
	opDrop                  // version: it is not loaded any more
	opExtend                // in snapshots only: kind, part: the items are added to the object's
	opMessage               // message, encoded: it waits for delivery
	opMessageEnd            // ID: the message does not wait any more
	opTicket                // ticket, encoded: it is remembered
	opTicketEnd             // the same: it is forgotten
	opLimit                 // name, scope, window, budgets: the limit is this one; window 0: there is none
	opSecret                // name, sealed value, time, user: the secret is this one; an empty value: there is none
	opGrant                 // handler, whether it is there, ...: the grant is this one
	opScript                // source: the script is kept; an empty one: all are forgotten
	_                       // not used
	opFeed                  // name, pattern, ...: the feed is this one; an empty pattern: there is none
	opFeedEntry             // entry, encoded: it waits for its way to the stream of its feed
	opFeedMoved             // ID: the entries of the slot through it do not wait any more
	opSecretEnd             // name, time: the secret expires then
	opFunctions             // name, source: the library of functions is this one; an empty source: there is none, an empty name: there are none
	opMove                  // database, key: the object goes there, in place of what is there; not while a snapshot is made
	opMaster                // host, port, phase, history, offset, database: whom to follow, and how far that is
	opAdvance               // offset, database: the history of the master has been applied up to there
)

// effectLog collects the effects of the units of a Tx.
type effectLog struct {
	on    bool
	buf   []byte
	named bool // db and key are of the object that the next effects change
	db    int
	key   []byte
}

func (l *effectLog) reset(keep int) {
	l.buf, l.named = l.buf[:0], false
	if cap(l.buf) > keep {
		l.buf = nil
	}
}

// truncate drops the effects after the first n bytes.
func (l *effectLog) truncate(n int) { l.buf, l.named = l.buf[:n], false }

// forget makes the next effect name its object.
func (l *effectLog) forget() { l.named = false }

// object names the object that the next effects change.
func (l *effectLog) object(db int, key []byte) {
	if l.named && l.db == db && string(l.key) == string(key) {
		return
	}
	l.named, l.db, l.key = true, db, append(l.key[:0], key...)
	l.op(opKey)
	l.uint(uint64(db))
	l.bytes(key)
}

func (l *effectLog) op(op byte)    { l.buf = append(l.buf, op) }
func (l *effectLog) uint(n uint64) { l.buf = binary.AppendUvarint(l.buf, n) }
func (l *effectLog) int(n int64)   { l.buf = binary.AppendVarint(l.buf, n) }
func (l *effectLog) bytes(b []byte) {
	l.uint(uint64(len(b)))
	l.buf = append(l.buf, b...)
}

func (l *effectLog) text(s string) {
	l.uint(uint64(len(s)))
	l.buf = append(l.buf, s...)
}

// effect records an operation with byte arguments on the object key.
func (tx *Tx) effect(key []byte, op byte, args ...[]byte) {
	l := &tx.effects
	if !l.on || tx.replay {
		return
	}
	l.object(tx.db, key)
	l.op(op)
	for _, b := range args {
		l.bytes(b)
	}
}

// effectCommon records an effect on what belongs to no key, which write appends.
func (tx *Tx) effectCommon(write func(l *effectLog)) {
	l := &tx.effects
	if !tx.replay {
		tx.changes++
	}
	if !l.on || tx.replay {
		return
	}
	write(l)
	l.forget()
	tx.common = true
}

// effectAt records an operation at an index or offset of the object key.
func (tx *Tx) effectAt(key []byte, op byte, index int, b []byte) {
	l := &tx.effects
	if !l.on || tx.replay {
		return
	}
	l.object(tx.db, key)
	l.op(op)
	l.uint(uint64(index))
	l.bytes(b)
}

// ErrFewDatabases is wrapped by the error of loading data of a database that the configuration does not have.
var ErrFewDatabases = errors.New("the configuration has fewer databases")

// errCorrupt is returned for a unit or snapshot that no version of this program wrote.
var errCorrupt = errors.New("corrupt")

// decoder reads what effectLog and the snapshot wrote. After an error all reads return zero values.
type decoder struct {
	buf []byte
	err error
}

func (d *decoder) fail() {
	d.buf = nil
	if d.err == nil {
		d.err = errCorrupt
	}
}

func (d *decoder) byte() byte {
	if len(d.buf) == 0 {
		d.fail()
		return 0
	}
	b := d.buf[0]
	d.buf = d.buf[1:]
	return b
}

func (d *decoder) uint() uint64 {
	n, width := binary.Uvarint(d.buf)
	if width <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[width:]
	return n
}

func (d *decoder) int() int64 {
	n, width := binary.Varint(d.buf)
	if width <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[width:]
	return n
}

// index returns a number that is used as an index or count.
func (d *decoder) index() int {
	n := d.uint()
	if n > math.MaxInt32 {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) bytes() []byte {
	n := d.uint()
	if n > uint64(len(d.buf)) {
		d.fail()
		return nil
	}
	b := d.buf[:n:n]
	d.buf = d.buf[n:]
	return b
}

// float returns a number; what is none is corrupt.
func (d *decoder) float() float64 {
	if len(d.buf) < 8 {
		d.fail()
		return 0
	}
	f := math.Float64frombits(binary.LittleEndian.Uint64(d.buf))
	d.buf = d.buf[8:]
	if math.IsNaN(f) {
		d.fail()
		return 0
	}
	return f
}

func (d *decoder) database(ks *Keyspace) int {
	db := d.uint()
	if err := ks.checkDatabase(db); err != nil {
		d.buf, d.err = nil, err
		return 0
	}
	return int(db)
}

func (ks *Keyspace) checkDatabase(db uint64) error {
	if db >= uint64(ks.databases) {
		return fmt.Errorf("database %d: %w: there are %d", db, ErrFewDatabases, ks.databases)
	}
	return nil
}
