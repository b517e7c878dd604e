package command

import (
	"bytes"
	"cmp"
	"slices"

	"comet/aso"
	"comet/aso/geo"
)

const (
	errRadius       = aso.Error("ERR need numeric radius")
	errRadiusSign   = aso.Error("ERR radius cannot be negative")
	errWidth        = aso.Error("ERR need numeric width")
	errHeight       = aso.Error("ERR need numeric height")
	errBoxSign      = aso.Error("ERR height or width cannot be negative")
	errGeoMember    = aso.Error("ERR could not decode requested zset member")
	errGeoCount     = aso.Error("ERR COUNT must be > 0")
	errGeoAny       = aso.Error("ERR the ANY argument requires COUNT argument")
	errRadiusStore  = aso.Error("ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
	errSearchStore  = aso.Error("ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
	errStoreTwoKeys = aso.Error("ERR syntax error, the key to store at is given twice")
)

// geoForm is the syntax of a search.
type geoForm int

const (
	byPosition geoForm = iota // key, longitude, latitude, radius, unit, options
	byMember                  // key, member, radius, unit, options
	byOptions                 // key, options
)

// geoQuery is what GEOSEARCH and its relatives are asked for.
type geoQuery struct {
	form     geoForm
	mayStore bool // STORE and STOREDIST name a key
	key      int  // the argument that is the key to search
	z        *aso.ZSet

	shape                             geo.Shape
	hasMember, hasPosition            bool
	hasRadius, hasBox                 bool
	withCoord, withDist, withHash     bool
	ascending, descending, unfinished bool // unfinished: stop at count matches
	count                             int64
	store                             int // the argument that is the key to store at; 0 is none
	storeDist                         bool
}

// geoMatch is a member that was found. Its bytes are those of the sorted set, until that changes.
type geoMatch struct {
	member []byte
	score  float64
	metres float64
}

// geoRank is what a match is sorted by, and its number.
type geoRank struct {
	metres float64
	at     int
}

func georadius(c *Call) error   { return (&geoQuery{form: byPosition, key: 1, mayStore: true}).run(c) }
func georadiusRO(c *Call) error { return (&geoQuery{form: byPosition, key: 1}).run(c) }

func georadiusbymember(c *Call) error {
	return (&geoQuery{form: byMember, key: 1, mayStore: true}).run(c)
}
func georadiusbymemberRO(c *Call) error { return (&geoQuery{form: byMember, key: 1}).run(c) }

func geosearch(c *Call) error      { return (&geoQuery{form: byOptions, key: 1}).run(c) }
func geosearchstore(c *Call) error { return (&geoQuery{form: byOptions, key: 2, store: 1}).run(c) }

func (q *geoQuery) run(c *Call) (err error) {
	c.Tx.SetReading(true) // of the key to search
	if q.z, err = c.Tx.ZSet(c.Arg(q.key)); err != nil {
		return err
	}
	if err := q.parse(c); err != nil {
		return err
	}
	if err := q.check(c); err != nil {
		return err
	}
	found := q.search()
	if q.store > 0 {
		return q.storeAt(c, found)
	}
	q.reply(c, found)
	return nil
}

// parse reads the arguments, in the order in which errors of them are told.
func (q *geoQuery) parse(c *Call) (err error) {
	next := q.key + 1
	switch q.form {
	case byPosition:
		if q.shape.Center, err = c.point(next); err != nil {
			return err
		}
		if err := q.radius(c, next+2); err != nil {
			return err
		}
		next += 4
	case byMember:
		if q.z.Len() > 0 {
			if err := q.member(c, next); err != nil {
				return err
			}
			if err := q.radius(c, next+1); err != nil {
				return err
			}
		}
		next += 3
	}
	for next < len(c.Args) {
		used, err := q.option(c, next)
		if err != nil {
			return err
		}
		next += used
	}
	return nil
}

// radius reads a radius and its unit.
func (q *geoQuery) radius(c *Call, i int) (err error) {
	if q.shape.Radius, err = c.Float(i); err != nil {
		return errRadius
	}
	if q.shape.Radius < 0 {
		return errRadiusSign
	}
	q.shape.Unit, err = c.unit(i + 1)
	return err
}

// box reads a width, a height and their unit.
func (q *geoQuery) box(c *Call, i int) (err error) {
	if q.shape.Width, err = c.Float(i); err != nil {
		return errWidth
	}
	if q.shape.Height, err = c.Float(i + 1); err != nil {
		return errHeight
	}
	if q.shape.Width < 0 || q.shape.Height < 0 {
		return errBoxSign
	}
	q.shape.Box = true
	q.shape.Unit, err = c.unit(i + 2)
	return err
}

// member makes the position of a member the centre.
func (q *geoQuery) member(c *Call, i int) error {
	var ok bool
	if q.shape.Center, ok = memberPosition(q.z, c.Arg(i)); !ok {
		return errGeoMember
	}
	return nil
}

// option reads the option at argument i and returns of how many arguments it is.
func (q *geoQuery) option(c *Call, i int) (used int, err error) {
	left := len(c.Args) - i - 1
	switch {
	case c.Is(i, "WITHDIST"):
		q.withDist = true
	case c.Is(i, "WITHHASH"):
		q.withHash = true
	case c.Is(i, "WITHCOORD"):
		q.withCoord = true
	case c.Is(i, "ANY"):
		q.unfinished = true
	case c.Is(i, "ASC"):
		q.ascending, q.descending = true, false
	case c.Is(i, "DESC"):
		q.ascending, q.descending = false, true
	case c.Is(i, "COUNT") && left >= 1:
		if q.count, err = c.Int(i + 1); err == nil && q.count <= 0 {
			err = errGeoCount
		}
		return 2, err
	case c.Is(i, "STORE") && left >= 1 && q.mayStore, c.Is(i, "STOREDIST") && left >= 1 && q.mayStore:
		q.store, q.storeDist = i+1, c.Is(i, "STOREDIST")
		return 2, nil
	case c.Is(i, "STOREDIST") && q.form == byOptions && q.store > 0:
		q.storeDist = true
	default:
		return q.area(c, i, left)
	}
	return 1, nil
}

// area reads an option of GEOSEARCH that says where to search.
func (q *geoQuery) area(c *Call, i, left int) (used int, err error) {
	switch {
	case q.form != byOptions:
		return 0, errSyntax
	case c.Is(i, "FROMMEMBER") && left >= 1 && !q.hasPosition:
		q.hasMember = true
		if q.z.Len() > 0 {
			err = q.member(c, i+1)
		}
		return 2, err
	case c.Is(i, "FROMLONLAT") && left >= 2 && !q.hasMember:
		q.hasPosition = true
		q.shape.Center, err = c.point(i + 1)
		return 3, err
	case c.Is(i, "BYRADIUS") && left >= 2 && !q.hasBox:
		q.hasRadius = true
		return 3, q.radius(c, i+1)
	case c.Is(i, "BYBOX") && left >= 3 && !q.hasRadius:
		q.hasBox = true
		return 4, q.box(c, i+1)
	}
	return 0, errSyntax
}

// check returns why the options do not go together.
func (q *geoQuery) check(c *Call) error {
	switch {
	case q.store > 0 && (q.withDist || q.withHash || q.withCoord) && q.form == byOptions:
		return errSearchStore
	case q.store > 0 && (q.withDist || q.withHash || q.withCoord):
		return errRadiusStore
	case q.form == byOptions && !q.hasMember && !q.hasPosition:
		return errOneOf(c, "FROMMEMBER or FROMLONLAT")
	case q.form == byOptions && !q.hasRadius && !q.hasBox:
		return errOneOf(c, "BYRADIUS and BYBOX")
	case q.unfinished && q.count == 0:
		return errGeoAny
	case q.store > 0 && !c.names(c.Arg(q.store)):
		return errStoreTwoKeys
	}
	return nil
}

// names reports whether key is one of the keys that the command's specifications find, for which it has locks and the client has rights. With
// several options STORE they find the first one.
func (c *Call) names(key []byte) (found bool) {
	c.Cmd.eachKey(c.Args, func(i int, spec *KeySpec) { found = found || !spec.has("RO") && bytes.Equal(c.Args[i], key) })
	return found
}

// search returns the members inside the shape, as many as are asked for.
func (q *geoQuery) search() []geoMatch {
	if q.z.Len() == 0 {
		return nil
	}
	found := q.matches()
	if q.count > 0 && !q.descending && !q.unfinished {
		q.ascending = true
	}
	count := len(found)
	if q.count > 0 && q.count < int64(count) {
		count = int(q.count)
	}
	if q.ascending || q.descending {
		return q.sorted(found, count)
	}
	return found[:count]
}

// sorted returns the first matches by distance, count of them. Those at the same distance are in the order that they have in Redis: that of matches,
// or what its partial quicksort leaves.
func (q *geoQuery) sorted(matches []geoMatch, count int) []geoMatch {
	ranks := make([]geoRank, len(matches))
	for i := range matches {
		ranks[i] = geoRank{matches[i].metres, i}
	}
	if count == len(matches) {
		slices.SortFunc(ranks, func(a, b geoRank) int { return cmp.Or(q.compare(a, b), a.at-b.at) })
	} else {
		partialSort(ranks, func(a, b *geoRank) int { return q.compare(*a, *b) }, 0, count-1)
	}
	sorted := make([]geoMatch, count)
	for i := range sorted {
		sorted[i] = matches[ranks[i].at]
	}
	return sorted
}

func (q *geoQuery) compare(a, b geoRank) int {
	if q.descending {
		a, b = b, a
	}
	return cmp.Compare(a.metres, b.metres)
}

// matches returns the members inside the shape, cell by cell.
func (q *geoQuery) matches() []geoMatch {
	found := make([]geoMatch, 0, 32)
	finder := q.shape.Finder()
	for _, scores := range q.shape.Areas() {
		if q.enough(found) {
			break
		}
		q.z.Ascend(q.z.SeekScore(scores.Min, false), func(member []byte, score float64) bool {
			if score >= scores.Max {
				return false
			}
			metres, ok := finder.Contains(score)
			if ok {
				found = append(found, geoMatch{member, score, metres})
			}
			return !ok || !q.enough(found)
		})
	}
	return found
}

// enough reports whether the search can end.
func (q *geoQuery) enough(found []geoMatch) bool { return q.unfinished && int64(len(found)) >= q.count }

// reply replies with the members found, each with what is asked for.
func (q *geoQuery) reply(c *Call, found []geoMatch) {
	fields := 1
	for _, with := range []bool{q.withDist, q.withHash, q.withCoord} {
		if with {
			fields++
		}
	}
	c.Reply.Array(len(found))
	for i := range found {
		m := &found[i]
		if fields > 1 {
			c.Reply.Array(fields)
		}
		c.Reply.Bulk(m.member)
		if q.withDist {
			c.replyDistance(m.metres / q.shape.Unit)
		}
		if q.withHash {
			c.Reply.Int(int64(m.score))
		}
		if q.withCoord {
			c.replyPoint(geo.Position(m.score))
		}
	}
}

// storeAt makes the members found a sorted set of their positions, or of their distances.
func (q *geoQuery) storeAt(c *Call, found []geoMatch) error {
	members := make([]scoredMember, len(found))
	for i := range found {
		members[i] = scoredMember{string(found[i].member), found[i].score}
		if q.storeDist {
			members[i].score = found[i].metres / q.shape.Unit
		}
	}
	event := "georadiusstore"
	if q.form == byOptions {
		event = "geosearchstore"
	}
	if len(members) > 0 {
		c.countChanges(len(members))
	}
	return storeScored(c, c.Arg(q.store), members, false, event)
}
