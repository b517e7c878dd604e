package command

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"comet/aso"
)

const errWeight = aso.Error("ERR weight value is not a float")

// zunion replies with the members that any of several sorted sets has.
func zunion(c *Call) error { return replyAlgebra(c, (*zsetAlgebra).union, true) }

// zinter replies with the members that all of several sorted sets have.
func zinter(c *Call) error { return replyAlgebra(c, (*zsetAlgebra).intersection, true) }

// zdiff replies with the members that the first of several sorted sets has and the others have not.
func zdiff(c *Call) error { return replyAlgebra(c, (*zsetAlgebra).difference, false) }

// zunionstore stores what zunion replies with.
func zunionstore(c *Call) error { return storeAlgebra(c, (*zsetAlgebra).union, true, "zunionstore") }

// zinterstore stores what zinter replies with.
func zinterstore(c *Call) error {
	return storeAlgebra(c, (*zsetAlgebra).intersection, true, "zinterstore")
}

// zdiffstore stores what zdiff replies with.
func zdiffstore(c *Call) error {
	return storeAlgebra(c, (*zsetAlgebra).difference, false, "zdiffstore")
}

// zintercard replies with the number of members that all of several sorted sets have, or with a limit if there are more.
func zintercard(c *Call) error {
	var a zsetAlgebra
	next, err := a.open(c, 1)
	if err != nil {
		return err
	}
	limit := 0
	for ; next < len(c.Args); next += 2 {
		if !c.Is(next, "LIMIT") || next+1 == len(c.Args) {
			return errSyntax
		}
		if limit, err = c.Natural(next+1, errLimitNegative); err != nil {
			return err
		}
	}
	n := 0
	a.intersect(func([]byte, float64) bool {
		n++
		return n != limit
	})
	c.Reply.Int(int64(n))
	return nil
}

// operation makes the result of sorted sets, in no order.
type operation func(a *zsetAlgebra) []scoredMember

func replyAlgebra(c *Call, op operation, weighted bool) error {
	var a zsetAlgebra
	next, err := a.open(c, 1)
	if err != nil {
		return err
	}
	withScores, err := a.options(c, next, weighted, true)
	if err != nil {
		return err
	}
	found := op(&a)
	sortScored(found)
	w := c.scored(len(found), withScores)
	for _, m := range found {
		w.addString(m.member, m.score)
	}
	return nil
}

func storeAlgebra(c *Call, op operation, weighted bool, event string) error {
	var a zsetAlgebra
	next, err := a.open(c, 2)
	if err != nil {
		return err
	}
	if _, err := a.options(c, next, weighted, false); err != nil {
		return err
	}
	found := op(&a)
	sortScored(found)
	return storeScored(c, c.Arg(1), found, true, event)
}

// sortScored brings members into the order of a sorted set.
func sortScored(members []scoredMember) {
	slices.SortFunc(members, func(a, b scoredMember) int {
		if order := cmp.Compare(a.score, b.score); order != 0 {
			return order
		}
		return strings.Compare(a.member, b.member)
	})
}

// zsetAlgebra is the input of an operation on several sorted sets.
type zsetAlgebra struct {
	sources   []zsetSource
	aggregate func(a, b float64) float64 // makes one score of two; nil is sum
}

// zsetSource is a sorted set, or a set, whose members have the score 1.
type zsetSource struct {
	zset   *aso.ZSet
	set    *aso.Set // if not nil
	weight float64
}

// open reads "numkeys key [key ...]" from argument at on, and returns the argument after them.
func (a *zsetAlgebra) open(c *Call, at int) (next int, err error) {
	n, err := c.Int(at)
	switch {
	case err != nil:
		return 0, err
	case n < 1:
		return 0, aso.Error("ERR at least 1 input key is needed for '" + c.Cmd.full + "' command")
	case n > int64(len(c.Args)-at-1):
		return 0, errSyntax
	}
	next = at + 1 + int(n)
	a.sources = make([]zsetSource, 0, n)
	for _, key := range c.Args[at+1 : next] {
		s := zsetSource{weight: 1}
		if c.Tx.Kind(key) == aso.KindSet {
			s.set, err = c.Tx.Set(key)
		} else {
			s.zset, err = c.Tx.ZSet(key)
		}
		if err != nil {
			return 0, err
		}
		a.sources = append(a.sources, s)
	}
	return next, nil
}

// options reads what follows the keys. WEIGHTS and AGGREGATE are options if weighted, WITHSCORES if scores.
func (a *zsetAlgebra) options(c *Call, i int, weighted, scores bool) (withScores bool, err error) {
	for i < len(c.Args) {
		left := len(c.Args) - i - 1
		switch {
		case weighted && left >= len(a.sources) && c.Is(i, "WEIGHTS"):
			if err := a.weights(c, i+1); err != nil {
				return false, err
			}
			i += 1 + len(a.sources)
		case weighted && left >= 1 && c.Is(i, "AGGREGATE"):
			if err := a.chooseAggregate(c, i+1); err != nil {
				return false, err
			}
			i += 2
		case scores && c.Is(i, "WITHSCORES"):
			withScores = true
			i++
		default:
			return false, errSyntax
		}
	}
	return withScores, nil
}

func (a *zsetAlgebra) weights(c *Call, at int) error {
	for i := range a.sources {
		weight, err := c.Float(at + i)
		if err != nil {
			return errWeight
		}
		a.sources[i].weight = weight
	}
	return nil
}

func (a *zsetAlgebra) chooseAggregate(c *Call, i int) error {
	switch {
	case c.Is(i, "SUM"):
		a.aggregate = nil
	case c.Is(i, "MIN"):
		a.aggregate = func(a, b float64) float64 {
			if b < a {
				return b
			}
			return a
		}
	case c.Is(i, "MAX"):
		a.aggregate = func(a, b float64) float64 {
			if b > a {
				return b
			}
			return a
		}
	default:
		return errSyntax
	}
	return nil
}

// join makes one score of two.
func (a *zsetAlgebra) join(x, y float64) float64 {
	if a.aggregate != nil {
		return a.aggregate(x, y)
	}
	return orZero(x + y)
}

// orZero replaces NaN, as infinities of both signs make, or one times 0.
func orZero(score float64) float64 {
	if math.IsNaN(score) {
		return 0
	}
	return score
}

// bySize brings the smallest source to the front: less work, and the order in which Redis adds scores up.
func (a *zsetAlgebra) bySize() {
	slices.SortStableFunc(a.sources, func(x, y zsetSource) int { return cmp.Compare(x.len(), y.len()) })
}

func (a *zsetAlgebra) union() []scoredMember {
	a.bySize()
	size := a.sources[len(a.sources)-1].len()
	found := make([]scoredMember, 0, size)
	index := make(map[string]int, size) // of a member in found
	for _, s := range a.sources {
		s.each(func(member []byte, score float64) bool {
			score = orZero(score * s.weight)
			if i, ok := index[string(member)]; ok {
				found[i].score = a.join(found[i].score, score)
				return true
			}
			m := scoredMember{string(member), score}
			index[m.member] = len(found)
			found = append(found, m)
			return true
		})
	}
	return found
}

func (a *zsetAlgebra) intersection() []scoredMember {
	var found []scoredMember
	a.intersect(func(member []byte, score float64) bool {
		found = append(found, scoredMember{string(member), score})
		return true
	})
	return found
}

// intersect calls fn for the members that all sources have until it returns false.
func (a *zsetAlgebra) intersect(fn func(member []byte, score float64) bool) {
	a.bySize()
	first := a.sources[0]
	first.each(func(member []byte, score float64) bool {
		sum := orZero(score * first.weight)
		for _, s := range a.sources[1:] {
			score, ok := s.score(member)
			if !ok {
				return true
			}
			sum = a.join(sum, float64(score*s.weight)) // rounded as Redis does, not fused
		}
		return fn(member, sum)
	})
}

func (a *zsetAlgebra) difference() []scoredMember {
	first, others := a.sources[0], a.sources[1:]
	elsewhere := anyHas(others)
	if total := totalLen(others); first.len()*len(others)/2 > first.len()+total {
		elsewhere = inUnion(others, total)
	}
	var found []scoredMember
	first.each(func(member []byte, score float64) bool {
		if !elsewhere(member) {
			found = append(found, scoredMember{string(member), score})
		}
		return true
	})
	return found
}

// anyHas returns a function that asks each of sources for a member.
func anyHas(sources []zsetSource) func(member []byte) bool {
	return func(member []byte) bool {
		return slices.ContainsFunc(sources, func(s zsetSource) bool {
			_, ok := s.score(member)
			return ok
		})
	}
}

// inUnion returns a function that asks all of sources, with total members, at once for a member.
func inUnion(sources []zsetSource, total int) func(member []byte) bool {
	all := make(map[string]struct{}, total)
	for _, s := range sources {
		s.each(func(member []byte, _ float64) bool {
			all[string(member)] = struct{}{}
			return true
		})
	}
	return func(member []byte) bool {
		_, ok := all[string(member)]
		return ok
	}
}

func totalLen(sources []zsetSource) (n int) {
	for _, s := range sources {
		n += s.len()
	}
	return n
}

func (s *zsetSource) len() int {
	if s.set != nil {
		return s.set.Len()
	}
	return s.zset.Len()
}

func (s *zsetSource) score(member []byte) (float64, bool) {
	if s.set != nil {
		return 1, s.set.Contains(member)
	}
	return s.zset.Score(member)
}

// each calls fn for every member until it returns false.
func (s *zsetSource) each(fn func(member []byte, score float64) bool) {
	if s.set != nil {
		s.set.Each(func(member []byte) bool { return fn(member, 1) })
		return
	}
	s.zset.Ascend(0, fn)
}
