package value

// EntriesUpTo is the number of entries ever added up to and including id, or
// EntriesUnknown: it is known, as in Redis 7.0, for the last ID, and for the
// first one and those below where no Delete has left a gap behind them.
func (s *Stream) EntriesUpTo(id StreamID) int64 {
	l := s.read()
	switch {
	case l.added == 0:
		return 0
	case l.length == 0 && !l.lastID.Less(id), id == l.lastID:
		return l.added
	case l.lastID.Less(id):
		return EntriesUnknown
	}
	first := s.FirstID()
	if l.maxDeleted == (StreamID{}) || l.maxDeleted.Less(first) {
		switch id.Compare(first) {
		case -1:
			return l.added - int64(l.length)
		case 0:
			return l.added - int64(l.length) + 1
		}
	}
	return EntriesUnknown
}

// HasGapFrom reports whether an entry at id or behind may have been deleted.
func (s *Stream) HasGapFrom(id StreamID) bool {
	l := s.read()
	if l.length == 0 || l.maxDeleted == (StreamID{}) {
		return false
	}
	return !l.maxDeleted.Less(id) && !l.maxDeleted.Less(s.FirstID())
}

// Lag is the number of entries that a group has still to read; ok is false if it is not known.
func (s *Stream) Lag(g *StreamGroup) (n int64, ok bool) {
	l := s.read()
	if l.added == 0 {
		return 0, true
	}
	read := g.read
	if read == EntriesUnknown || s.HasGapFrom(g.lastID) {
		read = s.EntriesUpTo(g.lastID)
	}
	if read == EntriesUnknown {
		return 0, false
	}
	return l.added - read, true
}
