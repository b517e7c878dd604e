package command

import (
	"math"

	"comet/aso"
	"comet/aso/value"
)

var zsetCommands = family{
	"zadd":             {run: zadd, item: 3},
	"zcard":            {run: zcard},
	"zincrby":          {run: zincrby, item: 3},
	"zmscore":          {run: zmscore},
	"zrank":            {run: zrank},
	"zrem":             {run: zrem, item: 2},
	"zrevrank":         {run: zrevrank},
	"zscore":           {run: zscore, item: 2},
	"zcount":           {run: zcount},
	"zlexcount":        {run: zlexcount},
	"zremrangebylex":   {run: zremrangebylex},
	"zremrangebyrank":  {run: zremrangebyrank},
	"zremrangebyscore": {run: zremrangebyscore},
	"zrange":           {run: zrange},
	"zrangebylex":      {run: zrangebylex},
	"zrangebyscore":    {run: zrangebyscore},
	"zrangestore":      {run: zrangestore, reads: true},
	"zrevrange":        {run: zrevrange},
	"zrevrangebylex":   {run: zrevrangebylex},
	"zrevrangebyscore": {run: zrevrangebyscore},
	"zpopmax":          {run: zpopmax},
	"zpopmin":          {run: zpopmin},
	"zmpop":            {run: zmpop},
	"bzpopmax":         {run: bzpopmax},
	"bzpopmin":         {run: bzpopmin},
	"bzmpop":           {run: bzmpop},
	"zrandmember":      {run: zrandmember},
	"zdiff":            {run: zdiff},
	"zdiffstore":       {run: zdiffstore, reads: true},
	"zinter":           {run: zinter},
	"zintercard":       {run: zintercard},
	"zinterstore":      {run: zinterstore, reads: true},
	"zscan":            {run: zscan},
	"zunion":           {run: zunion},
	"zunionstore":      {run: zunionstore, reads: true},
}

const (
	errNXAndXX   = aso.Error("ERR XX and NX options at the same time are not compatible")
	errGTLTAndNX = aso.Error("ERR GT, LT, and/or NX options at the same time are not compatible")
	errIncrPairs = aso.Error("ERR INCR option supports a single increment-element pair")
	errScoreNaN  = aso.Error("ERR resulting score is not a number (NaN)")
)

// zaddOptions are the options of ZADD.
type zaddOptions struct {
	nx, xx, gt, lt, ch, incr bool
}

// zadd gives members scores and replies with how many are new, with CH how many changed, or with INCR the new score.
func zadd(c *Call) error {
	var o zaddOptions
	i := 2
	for i < len(c.Args) && o.take(c.Arg(i)) {
		i++
	}
	pairs := c.Args[i:]
	if len(pairs) == 0 || len(pairs)%2 != 0 {
		return errSyntax
	}
	if err := o.check(len(pairs) / 2); err != nil {
		return err
	}
	return addScores(c, pairs, o)
}

// zincrby adds to the score of a member, 0 for a new one, and replies with the sum.
func zincrby(c *Call) error {
	if new(zaddOptions).take(c.Arg(2)) {
		return errSyntax // as Redis, which reads the options of ZADD
	}
	return addScores(c, c.Args[2:], zaddOptions{incr: true})
}

// take notes the option b, and reports false if it is none.
func (o *zaddOptions) take(b []byte) bool {
	switch {
	case equalFold(b, "NX"):
		o.nx = true
	case equalFold(b, "XX"):
		o.xx = true
	case equalFold(b, "GT"):
		o.gt = true
	case equalFold(b, "LT"):
		o.lt = true
	case equalFold(b, "CH"):
		o.ch = true
	case equalFold(b, "INCR"):
		o.incr = true
	default:
		return false
	}
	return true
}

// check returns why the options do not go together, for a number of members.
func (o *zaddOptions) check(members int) error {
	switch {
	case o.nx && o.xx:
		return errNXAndXX
	case o.gt && o.nx, o.lt && o.nx, o.gt && o.lt:
		return errGTLTAndNX
	case o.incr && members > 1:
		return errIncrPairs
	}
	return nil
}

// addScores is ZADD for pairs of score and member.
func addScores(c *Call, pairs [][]byte, o zaddOptions) error {
	var few [16]float64
	scores := few[:0]
	for i := 0; i < len(pairs); i += 2 {
		score, ok := value.ParseFloat(pairs[i])
		if !ok {
			return errNotFloat
		}
		scores = append(scores, score)
	}
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	var added, updated, skipped int64
	var last float64
	for i, score := range scores {
		result, change, err := o.apply(z, pairs[2*i+1], score)
		switch {
		case err != nil:
			return err
		case change == scoreAdded:
			added++
		case change == scoreUpdated:
			updated++
		case change == scoreSkipped:
			skipped++
		}
		last = result
	}
	if added+updated > 0 {
		event := "zadd"
		if o.incr {
			event = "zincr"
		}
		if err := c.stored(z.Exists(), aso.NotifyZSet, event, 1); err != nil {
			return err
		}
	}
	switch {
	case o.incr && skipped > 0:
		c.Reply.Null()
	case o.incr:
		c.Reply.Double(last)
	case o.ch:
		c.Reply.Int(added + updated)
	default:
		c.Reply.Int(added)
	}
	return nil
}

// scoreChange is what became of a member.
type scoreChange int

const (
	scoreSkipped scoreChange = iota // an option forbids it
	scoreSame
	scoreUpdated
	scoreAdded
)

// apply gives member a score, or with INCR adds to it, and returns the new score.
func (o *zaddOptions) apply(z *aso.ZSet, member []byte, score float64) (float64, scoreChange, error) {
	old, had := z.Score(member)
	if had && o.nx || !had && o.xx {
		return 0, scoreSkipped, nil
	}
	if !had {
		z.Set(member, score)
		return score, scoreAdded, nil
	}
	if o.incr {
		if score += old; math.IsNaN(score) {
			return 0, scoreSkipped, errScoreNaN
		}
	}
	switch {
	case o.lt && score >= old, o.gt && score <= old:
		return 0, scoreSkipped, nil
	case score == old:
		return score, scoreSame, nil
	}
	z.Set(member, score)
	return score, scoreUpdated, nil
}

// zcard replies with the number of members.
func zcard(c *Call) error {
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Int(int64(z.Len()))
	return nil
}

// zscore replies with the score of a member, or null.
func zscore(c *Call) error {
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	replyScore(c, z, c.Arg(2))
	return nil
}

// zmscore replies with the scores of members, null for those that are missing.
func zmscore(c *Call) error {
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		replyScore(c, z, member)
	}
	return nil
}

func replyScore(c *Call, z *aso.ZSet, member []byte) {
	if score, ok := z.Score(member); ok {
		c.Reply.Double(score)
	} else {
		c.Reply.Null()
	}
}

// zrank replies with the rank of a member, 0 for the lowest score, or null.
func zrank(c *Call) error { return replyRank(c, false) }

// zrevrank is zrank counted from the highest score.
func zrevrank(c *Call) error { return replyRank(c, true) }

func replyRank(c *Call, rev bool) error {
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	rank, ok := z.Rank(c.Arg(2))
	switch {
	case !ok:
		c.Reply.Null()
	case rev:
		c.Reply.Int(int64(z.Len() - 1 - rank))
	default:
		c.Reply.Int(int64(rank))
	}
	return nil
}

// zrem removes members and replies with how many were there.
func zrem(c *Call) error {
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	var removed int64
	for _, member := range c.Args[2:] {
		if z.Delete(member) {
			removed++
		}
	}
	if removed > 0 {
		c.Tx.Notify(aso.NotifyZSet, "zrem", c.Arg(1))
	}
	c.Reply.Int(removed)
	return nil
}
