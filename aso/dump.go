package aso

import (
	"slices"

	"comet/aso/rdb"
	"comet/aso/value"
)

// Dump returns the value at key in the format of Redis; ok is false if there is none. Handlers, state and timers are not in it.
func (tx *Tx) Dump(key []byte) (p rdb.Payload, ok bool) {
	e, rec := tx.lookupRead(key)
	if rec == nil {
		return nil, false
	}
	return tx.dump(e, rec), true
}

// dump returns the value of rec.
func (tx *Tx) dump(e *entry, rec record) rdb.Payload {
	if rec.kind() == KindString {
		s, _, _ := tx.stringOf(e, rec)
		return new(rdb.Encoder).Payload(func(enc *rdb.Encoder) { enc.String(s) })
	}
	c := newCollection(rec.kind())
	tx.loadInto(c, e, rec)
	return new(rdb.Encoder).Payload(func(enc *rdb.Encoder) { dumpContent(enc, c) })
}

func dumpContent(enc *rdb.Encoder, c content) {
	switch c := c.(type) {
	case *value.Hash:
		enc.Hash(c.Len(), c.Encoding() == "listpack", func(put func(field, v []byte)) {
			c.Each(func(field, v []byte) bool { put(field, v); return true })
		})
	case *value.ZSet:
		enc.ZSet(c.Len(), c.Encoding() == "listpack", func(put func(member []byte, score float64)) {
			c.Ascend(0, func(member []byte, score float64) bool { put(member, score); return true })
		})
	case *value.List:
		enc.List(func(put func(element []byte)) { c.Ascend(0, func(v []byte) bool { put(v); return true }) })
	case *value.Set:
		dumpSet(enc, c)
	case *value.Stream:
		dumpStream(enc, c)
	}
}

func dumpSet(enc *rdb.Encoder, s *value.Set) {
	if s.Encoding() != "intset" {
		enc.Set(s.Len(), func(put func(member []byte)) { s.Each(func(m []byte) bool { put(m); return true }) })
		return
	}
	ints := make([]int64, 0, s.Len())
	s.Each(func(m []byte) bool {
		v, _ := value.ParseInt(m)
		ints = append(ints, v)
		return true
	})
	slices.Sort(ints)
	enc.Ints(ints)
}

func dumpStream(enc *rdb.Encoder, s *value.Stream) {
	nodes := make([]rdb.StreamNode, 0, s.Nodes())
	s.EachNode(func(first value.StreamID, pack []byte) {
		nodes = append(nodes, rdb.StreamNode{First: rdb.ID(first), Pack: pack})
	})
	groups := make([]rdb.StreamGroup, 0, len(s.Groups()))
	for _, g := range s.Groups() {
		groups = append(groups, dumpGroup(g))
	}
	info := rdb.StreamInfo{LastID: rdb.ID(s.LastID()), MaxDeleted: rdb.ID(s.MaxDeletedID()), Added: uint64(s.Added())}
	enc.Stream(nodes, s.Len(), rdb.ID(s.FirstID()), info, groups)
}

func dumpGroup(g *value.StreamGroup) rdb.StreamGroup {
	out := rdb.StreamGroup{Name: []byte(g.Name()), LastID: rdb.ID(g.LastID()), Read: g.Read()}
	g.EachPending(value.StreamID{}, func(d value.Delivery) bool {
		out.Deliveries = append(out.Deliveries, rdb.StreamDelivery{ID: rdb.ID(d.ID), Time: d.At, Count: d.Count})
		return true
	})
	for _, c := range g.Consumers() {
		member := rdb.StreamConsumer{Name: []byte(c.Name()), Seen: c.Seen()}
		g.EachPendingOf(c, value.StreamID{}, func(d value.Delivery) bool {
			member.Pending = append(member.Pending, rdb.ID(d.ID))
			return true
		})
		out.Consumers = append(out.Consumers, member)
	}
	return out
}
