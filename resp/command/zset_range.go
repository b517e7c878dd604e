package command

import "comet/aso"

const (
	errLimitByRank = aso.Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
	errScoresByLex = aso.Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
	noLimit        = -1
)

// rangeQuery is what ZRANGE and its relatives are asked for.
type rangeQuery struct {
	by         rangeBy
	rev        bool
	withScores bool
	offset     int64
	limit      int64 // negative is all
	members    memberRange
}

// zrange replies with the members of a range of ranks, scores or members.
func zrange(c *Call) error { return replyRange(c, byOption, false, true) }

// zrevrange replies with the members of a range of ranks, the highest score first.
func zrevrange(c *Call) error { return replyRange(c, byRank, true, false) }

// zrangebyscore replies with the members of a range of scores.
func zrangebyscore(c *Call) error { return replyRange(c, byScore, false, false) }

// zrevrangebyscore replies with the members of a range of scores, the highest first.
func zrevrangebyscore(c *Call) error { return replyRange(c, byScore, true, false) }

// zrangebylex replies with the members of a range.
func zrangebylex(c *Call) error { return replyRange(c, byLex, false, false) }

// zrevrangebylex replies with the members of a range, the last first.
func zrevrangebylex(c *Call) error { return replyRange(c, byLex, true, false) }

// replyRange replies to a query of the form key, bounds, options; mayRev allows the option REV.
func replyRange(c *Call, by rangeBy, rev, mayRev bool) error {
	q, err := parseRange(c, 1, rangeQuery{by: by, rev: rev}, mayRev, true)
	if err != nil {
		return err
	}
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	from, to := q.ranks(z)
	w := c.scored(to-from, q.withScores)
	q.each(z, from, to, w.add)
	return nil
}

// zrangestore makes the members of a range a sorted set of their own, and replies with their number.
func zrangestore(c *Call) error {
	q, err := parseRange(c, 2, rangeQuery{}, true, false)
	if err != nil {
		return err
	}
	z, err := c.Tx.ZSet(c.Arg(2))
	if err != nil {
		return err
	}
	from, to := q.ranks(z)
	found := make([]scoredMember, 0, to-from)
	q.each(z, from, to, func(member []byte, score float64) bool {
		found = append(found, scoredMember{string(member), score})
		return true
	})
	// Redis begins with a skiplist if it knows the number, and with a listpack otherwise.
	zeros := q.by == byRank && len(found) > c.Tx.Keyspace().Limits().ZSetMaxListpackEntries
	return storeScored(c, c.Arg(1), found, zeros, "zrangestore")
}

// parseRange reads a query whose key is argument key, into q.
func parseRange(c *Call, key int, q rangeQuery, mayRev, mayScores bool) (rangeQuery, error) {
	q.limit = noLimit
	for i := key + 3; i < len(c.Args); i++ {
		switch {
		case mayScores && c.Is(i, "WITHSCORES"):
			q.withScores = true
		case c.Is(i, "LIMIT") && i+2 < len(c.Args):
			var err error
			if q.offset, q.limit, err = c.limit(i + 1); err != nil {
				return q, err
			}
			i += 2
		case mayRev && !q.rev && c.Is(i, "REV"):
			q.rev = true
		case q.by == byOption && c.Is(i, "BYLEX"):
			q.by = byLex
		case q.by == byOption && c.Is(i, "BYSCORE"):
			q.by = byScore
		default:
			return q, errSyntax
		}
	}
	if err := q.check(); err != nil {
		return q, err
	}
	low, high := key+1, key+2
	if q.rev && q.by != byRank {
		low, high = high, low // the upper bound comes first
	}
	var err error
	q.members.by = q.by
	err = q.members.read(c, low, high)
	return q, err
}

// limit reads an offset and a count from two arguments.
func (c *Call) limit(i int) (offset, count int64, err error) {
	if offset, err = c.Int(i); err != nil {
		return 0, 0, err
	}
	count, err = c.Int(i + 1)
	return offset, count, err
}

func (q *rangeQuery) check() error {
	if q.by == byOption {
		q.by = byRank
	}
	switch {
	case q.by == byRank && q.limit != noLimit:
		return errLimitByRank
	case q.by == byLex && q.withScores:
		return errScoresByLex
	}
	if q.by == byRank {
		q.offset = 0 // LIMIT with the count -1 is accepted and means nothing
	}
	return nil
}

// ranks returns the ranks from (included) to to (excluded), never before from, of the members asked for, counted from the lowest score.
func (q *rangeQuery) ranks(z *aso.ZSet) (from, to int) {
	from, to = q.members.ranks(z)
	if q.by == byRank && q.rev {
		from, to = z.Len()-to, z.Len()-from
	}
	n := int64(max(to-from, 0))
	if q.offset < 0 || q.offset >= n {
		return from, from
	}
	n -= q.offset
	if q.limit >= 0 {
		n = min(n, q.limit)
	}
	if q.rev {
		to -= int(q.offset)
		return to - int(n), to
	}
	from += int(q.offset)
	return from, from + int(n)
}

// each calls fn for the members of the ranks from (included) to to (excluded), in the order asked for.
func (q *rangeQuery) each(z *aso.ZSet, from, to int, fn func(member []byte, score float64) bool) {
	eachRank(z, from, to, q.rev, fn)
}

// eachRank calls fn for the members of the ranks from (included) to to (excluded), upwards or downwards, until it returns false.
func eachRank(z *aso.ZSet, from, to int, down bool, fn func(member []byte, score float64) bool) {
	left := to - from
	if left <= 0 {
		return
	}
	pass := func(member []byte, score float64) bool {
		left--
		return fn(member, score) && left > 0
	}
	if down {
		z.Descend(to-1, pass)
	} else {
		z.Ascend(from, pass)
	}
}
