package command

import (
	"math"

	"comet/aso"
)

// zrandmember replies with random members: one, or as many as asked for.
func zrandmember(c *Call) error {
	if len(c.Args) == 2 {
		return c.randomScored()
	}
	count, err := c.randomCount(2)
	if err != nil {
		return err
	}
	withScores := len(c.Args) > 3
	switch {
	case withScores && (len(c.Args) > 4 || !c.Is(3, "WITHSCORES")):
		return errSyntax
	case withScores && (count > math.MaxInt64/2 || count < -(math.MaxInt64/2)):
		return errOutOfRange
	}
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	c.randomScoreds(z, count, withScores)
	return nil
}

func (c *Call) randomScored() error {
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	member, _ := z.Random(random)
	c.bulkOrNull(member, z.Len() > 0)
	return nil
}

// randomScoreds replies with count distinct members, or with -count members that may repeat.
func (c *Call) randomScoreds(z *aso.ZSet, count int, withScores bool) {
	n := z.Len()
	if n == 0 {
		count = 0
	}
	if count < 0 {
		w := c.scored(-count, withScores)
		for range -count {
			w.add(z.Random(random))
		}
		return
	}
	count = min(count, n)
	w := c.scored(count, withScores)
	switch {
	case count == n:
		eachRank(z, 0, n, true, w.add)
	case passWorth(count, n):
		s := sample{need: count, left: n}
		eachRank(z, 0, n, false, func(member []byte, score float64) bool {
			if s.need > 0 && s.take() {
				w.add(member, score)
			}
			return s.need > 0
		})
	default:
		seen := make(map[string]struct{}, count)
		for len(seen) < count {
			member, score := z.Random(random)
			if _, ok := seen[string(member)]; !ok {
				seen[string(member)] = struct{}{}
				w.add(member, score)
			}
		}
	}
}
