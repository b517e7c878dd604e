package aso

import (
	"fmt"

	"comet/aso/value"
	"pgregory.net/rapid"
)

// stream changes a stream in random ways. What each change does is tested in package value; here the model takes over what came of it.
func (s *step) stream(key string) {
	o, ok := s.of(key, KindStream)
	c, err := s.tx.Stream([]byte(key))
	if !ok {
		s.equal("error", err, error(ErrWrongType))
		return
	}
	must(s.t, err)
	s.repeat(func() { s.changeStream(c) })
	must(s.t, s.tx.EndCommand())
	if !s.tx.Exists([]byte(key)) {
		return // nothing was changed
	}
	o.Text = objectOf(s.tx, []byte(key)).Text
	s.w.model[s.at(key)] = o
}

func (s *step) changeStream(c *Stream) {
	group := []byte(rapid.SampledFrom([]string{"g", "h"}).Draw(s.t, "group"))
	name := []byte(rapid.SampledFrom([]string{"x", "y"}).Draw(s.t, "consumer"))
	id := value.StreamID{Ms: rapid.Uint64Range(0, 20).Draw(s.t, "ms")}
	g := c.Group(group)
	there := g != nil && g.Consumer(name) != nil
	switch op := rapid.IntRange(0, 14).Draw(s.t, "change"); {
	case op < 5:
		c.Append(value.StreamID{Ms: c.LastID().Ms + 1}, [][]byte{[]byte("field"), []byte(drawMember.Draw(s.t, "value"))})
	case op == 5:
		c.Delete(id)
	case op == 6:
		c.Trim(&value.StreamTrim{MaxLen: int(id.Ms), Whole: id.Ms%2 == 0, Limit: int(id.Ms % 4)})
	case op == 7:
		c.Trim(&value.StreamTrim{ByID: true, MinID: id, Whole: rapid.Bool().Draw(s.t, "whole")})
	case op == 8:
		c.SetMeta(c.LastID(), c.Added()+1, id)
	case op == 9:
		c.SetGroup(group, id, int64(id.Ms)-1)
	case op == 10 && g != nil:
		c.SetConsumer(group, name, int64(id.Ms))
	case op == 11 && there:
		list := []value.Delivery{{ID: id, At: 5, Count: 1}, {ID: value.StreamID{Ms: 3}, At: 6, Count: 2}}
		c.Deliver(group, name, list)
	case op == 12 && g != nil:
		c.Acknowledge(group, []value.StreamID{id, {Ms: 3}, id})
	case op == 13 && g != nil && id.Ms < 5:
		c.DeleteConsumer(group, name)
	case op == 14 && id.Ms < 3:
		c.DestroyGroup(group)
	}
}

// streamText is all of a stream, down to its nodes.
func streamText(tx *Tx, key []byte) string {
	s, err := tx.Stream(key)
	return fmt.Sprintf("%x %v", s.Encode(nil), err)
}
