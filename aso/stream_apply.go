package aso

import "comet/aso/value"

func (l *effectLog) streamID(id value.StreamID) {
	l.uint(id.Ms)
	l.uint(id.Seq)
}

func (d *decoder) streamID() value.StreamID { return value.StreamID{Ms: d.uint(), Seq: d.uint()} }

// strings reads n strings.
func (d *decoder) strings(n int) (list [][]byte) {
	for range n {
		if d.err != nil {
			break
		}
		list = append(list, d.bytes())
	}
	return list
}

// applyStream makes an effect on a stream take place, or only reads it if it is covered.
func (tx *Tx) applyStream(key []byte, op byte, d *decoder, covered bool) error {
	change := readStreamEffect(op, d)
	if d.err != nil || covered {
		return nil
	}
	if change == nil {
		return errCorrupt
	}
	s, err := tx.Stream(key)
	if err != nil {
		return err
	}
	if !change(s) {
		return errCorrupt
	}
	return nil
}

// readStreamEffect reads the arguments of op and returns what it does, which reports false if the stream cannot be the one that it was
// made for. It returns nil for arguments that cannot be.
func readStreamEffect(op byte, d *decoder) func(s *Stream) bool {
	switch op {
	case opStreamAdd:
		id, n := d.streamID(), d.index()
		pairs := d.strings(n)
		if n == 0 || n%2 != 0 {
			return nil
		}
		return func(s *Stream) bool {
			if !s.LastID().Less(id) {
				return false
			}
			s.Append(id, pairs)
			return true
		}
	case opStreamDel:
		id := d.streamID()
		return func(s *Stream) bool { return s.Delete(id) }
	case opStreamTrim:
		how, id := d.byte(), d.streamID()
		return func(s *Stream) bool { return s.applyTrim(how, id) }
	case opStreamMeta:
		last, added, maxDeleted := d.streamID(), d.int(), d.streamID()
		return func(s *Stream) bool {
			if last.Less(s.TopID()) {
				return false
			}
			s.SetMeta(last, added, maxDeleted)
			return true
		}
	}
	return readGroupEffect(op, d)
}

func (s *Stream) applyTrim(how byte, id value.StreamID) bool {
	if s.Nodes() == 0 {
		return how <= trimmedThrough // nodes without an entry may have been made by other limits only
	}
	switch how {
	case trimmedBelow:
		s.Trim(&value.StreamTrim{ByID: true, MinID: id})
	case trimmedThrough:
		s.markDirty(s, 0)
		s.TrimThrough(id)
	default:
		return false
	}
	return true
}

// readGroupEffect is readStreamEffect for the effects on groups.
func readGroupEffect(op byte, d *decoder) func(s *Stream) bool {
	group := d.bytes()
	there := func(change func(s *Stream)) func(s *Stream) bool {
		return func(s *Stream) bool {
			if s.Group(group) == nil {
				return false
			}
			change(s)
			return true
		}
	}
	switch op {
	case opGroupSet:
		last, read := d.streamID(), d.int()
		return func(s *Stream) bool { s.SetGroup(group, last, read); return true }
	case opGroupDel:
		return there(func(s *Stream) { s.DestroyGroup(group) })
	case opMemberSet:
		name, seen := d.bytes(), d.int()
		return there(func(s *Stream) { s.SetConsumer(group, name, seen) })
	case opMemberDel:
		name := d.bytes()
		return there(func(s *Stream) { s.DeleteConsumer(group, name) })
	case opDeliver:
		name, list := d.bytes(), d.deliveries()
		return func(s *Stream) bool {
			g := s.Group(group)
			if g == nil || g.Consumer(name) == nil {
				return false
			}
			s.Deliver(group, name, list)
			return true
		}
	default:
		ids := d.streamIDs()
		return there(func(s *Stream) { s.Acknowledge(group, ids) })
	}
}

func (d *decoder) deliveries() (list []value.Delivery) {
	for n := d.index(); len(list) < n && d.err == nil; {
		list = append(list, value.Delivery{ID: d.streamID(), At: d.int(), Count: d.int()})
	}
	return list
}

func (d *decoder) streamIDs() (list []value.StreamID) {
	for n := d.index(); len(list) < n && d.err == nil; {
		list = append(list, d.streamID())
	}
	return list
}
