package aso

import (
	"slices"

	"comet/aso/value"
)

// SetGroup says what a group, which comes to be if it is not there, has read.
func (s *Stream) SetGroup(name []byte, last value.StreamID, read int64) {
	if l := s.begin(opGroupSet); l != nil {
		l.bytes(name)
		l.streamID(last)
		l.int(read)
	}
	s.Stream.SetGroup(name, last, read)
}

// DestroyGroup removes a group and reports whether it was there.
func (s *Stream) DestroyGroup(name []byte) bool {
	if s.Group(name) == nil {
		return false
	}
	if l := s.begin(opGroupDel); l != nil {
		l.bytes(name)
	}
	s.wakes = true
	return s.Stream.DestroyGroup(name)
}

// SetConsumer notes that a consumer of a group that is there, which comes to be if it is new, was active at a time in Unix milliseconds.
func (s *Stream) SetConsumer(group, name []byte, seen int64) {
	if l := s.begin(opMemberSet); l != nil {
		l.bytes(group)
		l.bytes(name)
		l.int(seen)
	}
	s.Stream.SetConsumer(group, name, seen)
}

// DeleteConsumer removes a consumer of a group that is there, with its deliveries, and returns how many these were.
func (s *Stream) DeleteConsumer(group, name []byte) (pending int, ok bool) {
	if s.Group(group).Consumer(name) == nil {
		return 0, false
	}
	if l := s.begin(opMemberDel); l != nil {
		l.bytes(group)
		l.bytes(name)
	}
	return s.Stream.DeleteConsumer(group, name)
}

// Deliver notes that entries were delivered to a consumer of a group, both of which are there; to nobody else then.
func (s *Stream) Deliver(group, consumer []byte, list []value.Delivery) {
	if len(list) == 0 {
		return
	}
	l := s.begin(opDeliver)
	if l != nil {
		l.bytes(group)
		l.bytes(consumer)
		l.uint(uint64(len(list)))
	}
	for _, d := range list {
		if l != nil {
			l.streamID(d.ID)
			l.int(d.At)
			l.int(d.Count)
		}
		s.Stream.Deliver(group, consumer, d)
	}
}

// Acknowledge removes the deliveries of entries from a group that is there, and returns how many there were.
func (s *Stream) Acknowledge(group []byte, ids []value.StreamID) int {
	g := s.Group(group)
	pending := slices.DeleteFunc(slices.Clone(ids), func(id value.StreamID) bool {
		_, ok := g.Delivery(id)
		return !ok
	})
	if len(pending) == 0 {
		return 0
	}
	l := s.begin(opStreamAck)
	if l != nil {
		l.bytes(group)
		l.uint(uint64(len(pending)))
	}
	n := 0
	for _, id := range pending {
		if l != nil {
			l.streamID(id)
		}
		if s.Stream.Acknowledge(group, id) {
			n++ // the same ID may be given twice
		}
	}
	return n
}
