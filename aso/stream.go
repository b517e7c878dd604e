package aso

import "comet/aso/value"

// Stream is a stream that a command uses. Reads are those of value.Stream.
type Stream struct {
	value.Stream
	collection
	wakes bool // what was done may end the wait of blocked readers
}

// Stream returns the stream at key; a missing key is an empty stream, and comes to be with the first change, also if that leaves it empty.
func (tx *Tx) Stream(key []byte) (*Stream, error) {
	s := tx.pools.streams.get()
	dirty, err := tx.openCollection(&s.collection, &s.Stream, key, KindStream)
	if dirty != nil {
		return dirty.(*Stream), nil
	}
	s.wakes, s.quiet = false, true
	return s, err
}

// Append adds an entry, whose ID is above LastID, with fields and values in turn.
func (s *Stream) Append(id value.StreamID, pairs [][]byte) {
	if l := s.begin(opStreamAdd); l != nil {
		l.streamID(id)
		l.uint(uint64(len(pairs)))
		for _, b := range pairs {
			l.bytes(b)
		}
	}
	s.wakes, s.quiet = true, false
	s.Stream.Append(s.tx.ks.limits.Load(), id, pairs)
}

// Delete removes the entry id and reports whether it was there.
func (s *Stream) Delete(id value.StreamID) bool {
	if _, ok := s.Get(id); !ok {
		return false
	}
	if l := s.begin(opStreamDel); l != nil {
		l.streamID(id)
	}
	s.quiet = false
	return s.Stream.Delete(id)
}

// How an ID bounds what a trim has removed.
const (
	trimmedBelow   = iota // as value.Stream.Trim does by an ID
	trimmedThrough        // as value.Stream.TrimThrough does
)

// Trim removes entries from the front and returns how many.
func (s *Stream) Trim(t *value.StreamTrim) int {
	s.prepare()
	done := s.Stream.Trim(t)
	if !done.Changed {
		return 0
	}
	s.quiet = false
	l := s.begin(opStreamTrim)
	if l == nil {
		return done.Entries
	}
	below, ok := t.MinID, t.ByID
	if ok && t.Whole {
		below, ok = done.Through.Next()
	}
	if ok {
		l.op(trimmedBelow)
		l.streamID(below)
	} else {
		l.op(trimmedThrough)
		l.streamID(done.Through)
	}
	return done.Entries
}

// SetMeta sets the last ID, the number of entries ever added and the greatest deleted ID.
func (s *Stream) SetMeta(last value.StreamID, added int64, maxDeleted value.StreamID) {
	if l := s.begin(opStreamMeta); l != nil {
		l.streamID(last)
		l.int(added)
		l.streamID(maxDeleted)
	}
	s.Stream.SetMeta(last, added, maxDeleted)
}

// prepare lets the next change be taken back if the unit may be.
func (s *Stream) prepare() {
	s.Remember = nil
	if s.undoable() {
		s.Remember = s.remember
	}
}

// remember remembers how to take back a change.
func (s *Stream) remember(ofGroups bool, inverse func(l *value.LargeStream)) {
	l := s.Large()
	if ofGroups {
		s.tx.undo.add(s.db, s.key, func() { inverse(l) })
		return
	}
	s.tx.undo.addInside(s.db, s.key, l, 0, func(large any) { inverse(large.(*value.LargeStream)) })
}

// begin notes a change and begins its effect. It returns where the arguments of op go, nil if nobody wants them.
func (s *Stream) begin(op byte) *effectLog {
	s.prepare()
	s.markDirty(s, 0)
	l := &s.tx.effects
	if !l.on || s.tx.replay {
		return nil
	}
	l.object(s.db, s.key)
	l.op(op)
	return l
}

func (s *Stream) store() error {
	if err := s.collection.store(&s.Stream); err != nil {
		return err
	}
	s.quiet = true
	if s.wakes {
		s.wakes = false
		s.tx.signalReady(&s.tx.ks.parts[partitionOf(Slot(s.key))], s.key)
	}
	return nil
}
