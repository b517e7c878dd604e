package command

import (
	"math"

	"comet/aso"
	"comet/aso/value"
	"comet/resp/wire"
)

// scoredReply is a reply of members, each with its score if asked for: flat in RESP2, pairs in RESP3.
type scoredReply struct {
	reply      *wire.Reply
	withScores bool
	pairs      bool
}

// scored begins a reply of n members.
func (c *Call) scored(n int, withScores bool) scoredReply {
	w := scoredReply{c.Reply, withScores, withScores && c.Reply.Protocol() == 3}
	if withScores && !w.pairs {
		n *= 2
	}
	c.Reply.Array(n)
	return w
}

// add appends a member. It always returns true, so that iteration goes on.
func (w scoredReply) add(member []byte, score float64) bool {
	if w.pairs {
		w.reply.Array(2)
	}
	w.reply.Bulk(member)
	if w.withScores {
		w.reply.Double(score)
	}
	return true
}

// addString is add for a member that is a string.
func (w scoredReply) addString(member string, score float64) {
	if w.pairs {
		w.reply.Array(2)
	}
	w.reply.BulkString(member)
	if w.withScores {
		w.reply.Double(score)
	}
}

// scoredMember is a member with its score, apart from any sorted set.
type scoredMember struct {
	member string
	score  float64
}

// storeScored makes members, which do not repeat, the sorted set at key, whatever that held, and replies with their number. No
// members remove the key. zeros says that scores of -0 stay as they are if the sorted set becomes a skiplist.
func storeScored(c *Call, key []byte, members []scoredMember, zeros bool, event string) error {
	if len(members) == 0 {
		if c.Tx.Delete(key) {
			c.Tx.Notify(aso.NotifyGeneric, "del", key)
		}
		c.Reply.Int(0)
		return nil
	}
	var z value.ZSet
	limits := c.limits()
	var member []byte
	for _, m := range members {
		member = append(member[:0], m.member...)
		z.Set(limits, member, m.score)
	}
	if zeros && z.Encoding() == "skiplist" {
		restoreNegativeZeros(&z, limits, members)
	}
	if err := c.Tx.ReplaceZSet(key, &z); err != nil {
		return err
	}
	c.Tx.Notify(aso.NotifyZSet, event, key)
	c.Reply.Int(int64(len(members)))
	return nil
}

// restoreNegativeZeros gives the members with a score of -0 that score again: it became 0 while z was small, and the two are equal, so
// that one does not replace the other.
func restoreNegativeZeros(z *value.ZSet, limits *value.Limits, members []scoredMember) {
	for _, m := range members {
		if m.score == 0 && math.Signbit(m.score) {
			member := []byte(m.member)
			z.Delete(member)
			z.Set(limits, member, m.score)
		}
	}
}
