package command

import (
	"comet/aso"
	"comet/aso/value"
)

const (
	errScoreBound = aso.Error("ERR min or max is not a float")
	errLexBound   = aso.Error("ERR min or max not valid string range item")
)

// scoreRange is the scores from min to max, without a bound that is open.
type scoreRange struct {
	min, max         float64
	minOpen, maxOpen bool
}

// parseScoreRange reads bounds such as "1", "(1" and "-inf".
func parseScoreRange(min, max []byte) (r scoreRange, err error) {
	var ok bool
	if r.min, r.minOpen, ok = parseScoreBound(min); !ok {
		return r, errScoreBound
	}
	if r.max, r.maxOpen, ok = parseScoreBound(max); !ok {
		return r, errScoreBound
	}
	return r, nil
}

func parseScoreBound(b []byte) (score float64, open, ok bool) {
	if len(b) > 0 && b[0] == '(' {
		b, open = b[1:], true
	}
	score, ok = value.ParseLooseFloat(b)
	return score, open, ok
}

// ranks returns the ranks from (included) to to (excluded) of the members in the range; from may be beyond to.
func (r *scoreRange) ranks(z *aso.ZSet) (from, to int) {
	return z.SeekScore(r.min, r.minOpen), z.SeekScore(r.max, !r.maxOpen)
}

// lexRange is the members between two bounds, in a sorted set where all scores are the same.
type lexRange struct{ min, max lexBound }

// lexBound is an end of a lexRange: before everything ("-"), after everything ("+"), or a member.
type lexBound struct {
	kind   byte // '-', '+', '[' or, without the member itself, '('
	member []byte
}

// parseLexRange reads bounds such as "-", "[a" and "(b".
func parseLexRange(min, max []byte) (r lexRange, err error) {
	var ok bool
	if r.min, ok = parseLexBound(min); !ok {
		return r, errLexBound
	}
	if r.max, ok = parseLexBound(max); !ok {
		return r, errLexBound
	}
	return r, nil
}

func parseLexBound(b []byte) (bound lexBound, ok bool) {
	if len(b) == 0 {
		return bound, false
	}
	bound = lexBound{b[0], b[1:]}
	switch b[0] {
	case '-', '+':
		return bound, len(b) == 1 || b[1] == 0 // where a string of C ends
	}
	return bound, b[0] == '[' || b[0] == '('
}

// rank returns how many members are before the bound, with through those at it as well.
func (b *lexBound) rank(z *aso.ZSet, through bool) int {
	switch b.kind {
	case '-':
		return 0
	case '+':
		return z.Len()
	}
	return z.SeekLex(b.member, through)
}

// ranks returns the ranks from (included) to to (excluded) of the members in the range; from may be beyond to.
func (r *lexRange) ranks(z *aso.ZSet) (from, to int) {
	return r.min.rank(z, r.min.kind == '('), r.max.rank(z, r.max.kind == '[')
}

// rankRange is the ranks from start to stop, both included, counted from the end if negative.
type rankRange struct{ start, stop int64 }

// ranks returns the ranks from (included) to to (excluded) that there are; from may be beyond to.
func (r *rankRange) ranks(z *aso.ZSet) (from, to int) {
	n := int64(z.Len())
	start, stop := r.start, r.stop
	if start < 0 {
		start = max(start+n, 0)
	}
	if stop < 0 {
		stop += n
	}
	return int(min(start, n)), int(min(stop, n-1)) + 1
}

// rangeBy says what the bounds of a range of a sorted set are.
type rangeBy int

const (
	byOption rangeBy = iota // an argument says it; ranks if none does
	byRank
	byScore
	byLex
)

// memberRange is a range of members. Only the field that by names counts.
type memberRange struct {
	by    rangeBy
	rank  rankRange
	score scoreRange
	lex   lexRange
}

// read reads the bounds from two arguments.
func (r *memberRange) read(c *Call, low, high int) (err error) {
	switch r.by {
	case byScore:
		r.score, err = parseScoreRange(c.Arg(low), c.Arg(high))
	case byLex:
		r.lex, err = parseLexRange(c.Arg(low), c.Arg(high))
	default:
		if r.rank.start, err = c.Int(low); err == nil {
			r.rank.stop, err = c.Int(high)
		}
	}
	return err
}

// ranks returns the ranks from (included) to to (excluded) of the members in the range; from may be beyond to.
func (r *memberRange) ranks(z *aso.ZSet) (from, to int) {
	switch r.by {
	case byScore:
		return r.score.ranks(z)
	case byLex:
		return r.lex.ranks(z)
	}
	return r.rank.ranks(z)
}

// zcount replies with the number of members with scores in a range.
func zcount(c *Call) error { return replyCount(c, byScore) }

// zlexcount replies with the number of members in a range.
func zlexcount(c *Call) error { return replyCount(c, byLex) }

// ranksOf returns the sorted set at argument 1 and the ranks that the range in arguments 2 and 3 covers: from, and up to but not with to.
func (c *Call) ranksOf(by rangeBy) (z *aso.ZSet, from, to int, err error) {
	r := memberRange{by: by}
	if err = r.read(c, 2, 3); err != nil {
		return nil, 0, 0, err
	}
	if z, err = c.Tx.ZSet(c.Arg(1)); err != nil {
		return nil, 0, 0, err
	}
	from, to = r.ranks(z)
	return z, from, to, nil
}

func replyCount(c *Call, by rangeBy) error {
	_, from, to, err := c.ranksOf(by)
	if err != nil {
		return err
	}
	c.Reply.Int(int64(max(to-from, 0)))
	return nil
}

// zremrangebyrank removes the members of a range of ranks and replies with how many there were.
func zremrangebyrank(c *Call) error { return removeRange(c, byRank, "zremrangebyrank") }

// zremrangebyscore removes the members with scores in a range and replies with how many there were.
func zremrangebyscore(c *Call) error { return removeRange(c, byScore, "zremrangebyscore") }

// zremrangebylex removes the members in a range and replies with how many there were.
func zremrangebylex(c *Call) error { return removeRange(c, byLex, "zremrangebylex") }

func removeRange(c *Call, by rangeBy, event string) error {
	z, from, to, err := c.ranksOf(by)
	if err != nil {
		return err
	}
	n := max(to-from, 0)
	if n > 0 {
		z.DeleteRange(from, to)
		c.Tx.Notify(aso.NotifyZSet, event, c.Arg(1))
	}
	c.Reply.Int(int64(n))
	return nil
}
