package aso

import (
	"sync"
	"sync/atomic"
)

// Phase is how far a keyspace is in following another server.
type Phase uint8

// The phases. In all but the first one the objects are facts that the master makes: no handlers, timers or messages run here, and nothing
// expires or is evicted, before the master says so.
const (
	Alone     Phase = iota // it follows nobody
	Unsynced               // the objects are not those of the master
	Loading                // they are being replaced by those of the master
	Following              // they are those of the master at an offset
)

// Master is whom a keyspace follows, or followed last.
type Master struct {
	Host   string
	Port   int
	Phase  Phase
	ReplID string // the history of changes that the objects come from
	Offset int64  // bytes of that history that have been applied
	DB     int    // the database that the history has selected there
}

// masterState is the Master of a keyspace.
type masterState struct {
	phase atomic.Uint32 // Master.Phase: it is asked for before each command
	epoch atomic.Uint64 // see Tx.Follow; from 1 on
	seq   atomic.Uint64 // journal position of the latest Advance

	mu sync.Mutex // guards what follows; a leaf lock
	Master
}

func (s *masterState) set(m Master) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Master = m
	s.phase.Store(uint32(m.Phase))
}

func (s *masterState) get() Master {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Master
}

// Phase returns how far ks is in following a master.
func (ks *Keyspace) Phase() Phase { return Phase(ks.master.phase.Load()) }

// Follows reports whether there is a master.
func (ks *Keyspace) Follows() bool { return ks.Phase() != Alone }

// Master returns whom ks follows, and the number of the decision to do so.
func (ks *Keyspace) Master() (m Master, epoch uint64) {
	ks.master.mu.Lock()
	defer ks.master.mu.Unlock()
	return ks.master.Master, ks.master.epoch.Load()
}

// Follow lets another server make what objects are from now on. Each decision has a number, so that who works for an earlier one notices. What is
// known of the history stays: the new master may go on with it. The Tx holds all locks.
func (tx *Tx) Follow(host string, port int) {
	s := &tx.ks.master
	m := s.get()
	switch m.Phase {
	case Alone:
		m = Master{Phase: Unsynced} // what was written since is in nobody's history
	case Loading:
		m.Phase = Unsynced
	}
	m.Host, m.Port = host, port
	s.epoch.Add(1)
	tx.setMaster(m)
}

// FollowNobody lets objects act again. Host and Port tell who was followed. The Tx holds all locks.
func (tx *Tx) FollowNobody() {
	s := &tx.ks.master
	m := s.get()
	m.Phase = Alone
	tx.ks.localExpiry.clear()
	s.epoch.Add(1)
	tx.setMaster(m)
	tx.ks.wakeExpirer()
}

// SetHistory changes how far the following is that the decision epoch began. It reports false, and does nothing, if that is not in force any more. The
// Tx holds all locks.
func (tx *Tx) SetHistory(epoch uint64, phase Phase, replID string, offset int64, db int) bool {
	if !tx.Serves(epoch) {
		return false
	}
	m := tx.ks.master.get()
	m.Phase, m.ReplID, m.Offset, m.DB = phase, replID, offset, db
	if phase == Loading {
		tx.ks.localExpiry.clear()
	}
	tx.setMaster(m)
	return true
}

func (tx *Tx) setMaster(m Master) {
	tx.ks.master.set(m)
	tx.effectCommon(func(l *effectLog) { l.master(&m) })
}

// Serves reports whether the decision epoch to follow a master is in force. It stays so while the Tx holds any lock.
func (tx *Tx) Serves(epoch uint64) bool { return tx.ks.Follows() && tx.ks.master.epoch.Load() == epoch }

// Obey makes all that tx does until Commit the master's, whom to follow the decision epoch was: objects whose deadline has passed are there until the
// master deletes them.
func (tx *Tx) Obey(epoch uint64) { tx.obeys = epoch }

// Advance notes that tx, which obeys a decision that is in force, has applied the history up to offset, where it has selected db. It becomes durable with the changes of tx, or not at
// all.
func (tx *Tx) Advance(offset int64, db int) { tx.advanced = historyPoint{true, offset, db} }

// historyPoint is a point of the history of a master.
type historyPoint struct {
	set    bool
	offset int64
	db     int
}

// effectAdvance records how far tx has advanced.
func (tx *Tx) effectAdvance() {
	if l := &tx.effects; len(l.buf) > 0 && tx.advanced.set && tx.Serves(tx.obeys) {
		l.op(opAdvance)
		l.int(tx.advanced.offset)
		l.uint(uint64(tx.advanced.db))
		l.forget()
	}
}

// endAdvance makes known, when the effects have their place in the journal, how far tx has advanced.
func (tx *Tx) endAdvance(gate uint64) {
	s := &tx.ks.master
	if !tx.Serves(tx.obeys) {
		return
	}
	raise(&s.seq, gate)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Offset, s.DB = tx.advanced.offset, tx.advanced.db
}

func (l *effectLog) master(m *Master) {
	l.op(opMaster)
	l.text(m.Host)
	l.uint(uint64(m.Port))
	l.op(byte(m.Phase))
	l.text(m.ReplID)
	l.int(m.Offset)
	l.uint(uint64(m.DB))
}

// captureMaster appends the effect that makes the master. Without a journal a snapshot shows slots at different moments, which are not those of
// the master at any offset.
func (ks *Keyspace) captureMaster(l *effectLog) {
	m := ks.master.get()
	if m == (Master{}) {
		return
	}
	if m.Phase == Following && ks.committer.Load() == nil {
		m.Phase = Unsynced
	}
	l.master(&m)
}

// applyMaster makes an effect on the master take place.
func (tx *Tx) applyMaster(d *decoder, skip bool) error {
	m := Master{Host: string(d.bytes()), Port: d.index(), Phase: Phase(d.byte()), ReplID: string(d.bytes()), Offset: d.int(), DB: d.index()}
	switch {
	case d.err != nil:
		return d.err
	case m.Phase > Following:
		return errCorrupt
	case !skip:
		tx.ks.master.set(m)
	}
	return nil
}

// applyAdvance makes an effect of Advance take place.
func (tx *Tx) applyAdvance(d *decoder, skip bool) error {
	offset, db := d.int(), d.index()
	if d.err == nil && !skip {
		m := tx.ks.master.get()
		m.Offset, m.DB = offset, db
		tx.ks.master.set(m)
	}
	return d.err
}
