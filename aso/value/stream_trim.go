package value

import "slices"

// StreamTrim says which entries go from the front of a stream: all but the
// last MaxLen, or those below MinID.
type StreamTrim struct {
	ByID   bool
	MaxLen int
	MinID  StreamID
	Whole  bool // remove whole nodes only
	Limit  int  // of entries to remove, a node not being split for it; 0 is none
}

// Trimmed is what a trim did.
type Trimmed struct {
	Entries int
	Through StreamID // the last entry removed; of a node removed as a whole its last one, also if that was deleted before
	Changed bool     // nodes went, also if there was no entry in them any more
}

// Trim removes entries from the front as Redis does, so that the same nodes are left.
func (s *Stream) Trim(t *StreamTrim) (done Trimmed) {
	l := s.read()
	nodes := l.active()
	length, gone := l.length, 0
	for gone < len(nodes) && (t.ByID || length > t.MaxLen) {
		d := &nodes[gone]
		live := d.live()
		if t.Limit > 0 && done.Entries+live > t.Limit {
			break
		}
		last := d.last()
		if t.ByID && !last.Less(t.MinID) || !t.ByID && length-live < t.MaxLen {
			s.trimNodes(gone, t, length, &done)
			return done
		}
		length -= live
		done.Entries += live
		done.Through, done.Changed = last, true
		gone++
	}
	s.dropNodes(gone, done.Entries, nil)
	return done
}

// trimNodes removes the first gone nodes, and entries of the next one unless only whole nodes may go.
func (s *Stream) trimNodes(gone int, t *StreamTrim, length int, done *Trimmed) {
	if t.Whole {
		s.dropNodes(gone, done.Entries, nil)
		return
	}
	marked := func(e *StreamEntry) bool {
		if t.ByID && !e.ID.Less(t.MinID) || !t.ByID && length <= t.MaxLen {
			return false
		}
		length--
		done.Entries++
		done.Through, done.Changed = e.ID, true
		return true
	}
	s.dropNodes(gone, done.Entries, marked)
}

// TrimThrough removes the entries up to and including id, and the nodes in which none is left.
func (s *Stream) TrimThrough(id StreamID) {
	l := s.read()
	nodes := l.active()
	upTo := func(e *StreamEntry) bool { return !id.Less(e.ID) }
	gone, entries := 0, 0
	for gone < len(nodes) && !id.Less(nodes[gone].first) && !nodes[gone].hasBeyond(id, &s.entry) {
		entries += nodes[gone].live()
		gone++
	}
	if gone == len(nodes) {
		upTo = nil
	}
	s.dropNodes(gone, entries, upTo)
}

// hasBeyond reports whether an entry that is there has an ID above id.
func (d *streamNode) hasBeyond(id StreamID, e *StreamEntry) bool {
	next, ok := id.Next()
	if !ok {
		return false
	}
	return !d.ascend(next, e, func(*StreamEntry) bool { return false })
}

// dropNodes removes the first n nodes, which hold so many entries, and marks the entries at the front of the next one deleted for which
// marked, unless it is nil, reports true.
func (s *Stream) dropNodes(n, entries int, marked func(e *StreamEntry) bool) {
	l := s.read()
	if n == 0 && (marked == nil || len(l.active()) == 0) {
		return
	}
	s.rememberMeta()
	if s.Remember != nil {
		s.rememberFront(n, marked != nil)
	}
	if marked != nil {
		entries += l.markDeleted(&l.active()[n], &s.entry, marked)
	}
	l.removeNodes(0, n)
	l.length -= entries
}

// rememberFront lets the first n nodes come back, and the next one become what it is if it is going to change.
func (s *Stream) rememberFront(n int, next bool) {
	nodes := s.large.active()
	if !next {
		s.restoreNodes(0, len(nodes)-n, slices.Clone(nodes[:n]))
		return
	}
	saved := slices.Clone(nodes[:n+1])
	saved[n].lp = slices.Clone(saved[n].lp)
	s.restoreNodes(0, len(nodes)-n-1, saved)
}

// markDeleted marks entries at the front of a node deleted and returns how many.
func (l *LargeStream) markDeleted(d *streamNode, e *StreamEntry, marked func(e *StreamEntry) bool) (n int) {
	l.held -= cap(d.lp)
	h := d.head()
	d.ascend(StreamID{}, e, func(e *StreamEntry) bool {
		if !marked(e) {
			return false
		}
		n++
		d.lp = lpReplaceInt(d.lp, e.at, e.flags|entryDeleted) // of the same size
		return true
	})
	d.setCounts(h.live-int64(n), h.deleted+int64(n))
	l.held += cap(d.lp)
	return n
}
