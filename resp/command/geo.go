package command

import (
	"fmt"
	"strconv"

	"comet/aso"
	"comet/aso/geo"
)

var geoCommands = family{
	"geoadd":               {run: geoadd, brief: true},
	"geodist":              {run: geodist, brief: true},
	"geohash":              {run: geohash, brief: true},
	"geopos":               {run: geopos, brief: true},
	"georadius":            {run: georadius},
	"georadius_ro":         {run: georadiusRO},
	"georadiusbymember":    {run: georadiusbymember},
	"georadiusbymember_ro": {run: georadiusbymemberRO},
	"geosearch":            {run: geosearch},
	"geosearchstore":       {run: geosearchstore},
}

const errUnit = aso.Error("ERR unsupported unit provided. please use M, KM, FT, MI")

// geoadd gives members positions and replies with how many are new, or with CH how many changed.
func geoadd(c *Call) error {
	var o zaddOptions
	i := 2
	for ; i < len(c.Args); i++ {
		if c.Is(i, "NX") {
			o.nx = true
		} else if c.Is(i, "XX") {
			o.xx = true
		} else if c.Is(i, "CH") {
			o.ch = true
		} else {
			break
		}
	}
	items := c.Args[i:]
	if len(items) == 0 || len(items)%3 != 0 || o.nx && o.xx {
		return errSyntax
	}
	pairs := make([][]byte, 0, len(items)/3*2)
	for ; i < len(c.Args); i += 3 {
		p, err := c.point(i)
		if err != nil {
			return err
		}
		pairs = append(pairs, strconv.AppendUint(nil, p.Score(), 10), c.Arg(i+2))
	}
	return addScores(c, pairs, o)
}

// point reads a longitude and a latitude from two arguments.
func (c *Call) point(i int) (p geo.Point, err error) {
	if p.Lon, err = c.Float(i); err != nil {
		return p, err
	}
	if p.Lat, err = c.Float(i + 1); err != nil {
		return p, err
	}
	if !p.Valid() {
		return p, aso.Error(appendDecimals(append(appendDecimals([]byte("ERR invalid longitude,latitude pair "), p.Lon, 6), ','), p.Lat, 6))
	}
	return p, nil
}

// unit reads a unit of length, and returns it in metres.
func (c *Call) unit(i int) (metres float64, err error) {
	switch {
	case c.Is(i, "M"):
		return 1, nil
	case c.Is(i, "KM"):
		return 1000, nil
	case c.Is(i, "FT"):
		return 0.3048, nil
	case c.Is(i, "MI"):
		return 1609.34, nil
	}
	return 0, errUnit
}

// geodist replies with the distance of two members, or null.
func geodist(c *Call) error {
	unit := 1.0
	var err error
	switch {
	case len(c.Args) > 5:
		return errSyntax
	case len(c.Args) == 5:
		if unit, err = c.unit(4); err != nil {
			return err
		}
	}
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	a, foundA := memberPosition(z, c.Arg(2))
	b, foundB := memberPosition(z, c.Arg(3))
	if !foundA || !foundB {
		c.Reply.Null()
		return nil
	}
	c.replyDistance(distanceOf(a, b, unit))
	return nil
}

// distanceOf returns the distance of two points in a unit, right in the digits that replies have.
func distanceOf(a, b geo.Point, unit float64) float64 {
	low, high := geo.Estimate(a, b)
	if sameDecimals(low/unit, high/unit, distanceDigits) {
		return low / unit
	}
	return geo.Distance(a, b) / unit
}

func memberPosition(z *aso.ZSet, member []byte) (p geo.Point, ok bool) {
	score, ok := z.Score(member)
	return geo.Position(score), ok
}

// distanceDigits is how many digits behind the point distances are replied with.
const distanceDigits = 4

func (c *Call) replyDistance(d float64) {
	var buf [32]byte
	c.Reply.Bulk(appendDecimals(buf[:0], d, distanceDigits))
}

// geohash replies with the positions of members as 11 letters each, null for missing ones.
func geohash(c *Call) error {
	return c.eachPosition(func(p geo.Point, ok bool) {
		if ok {
			text := p.Geohash()
			c.Reply.Bulk(text[:])
		} else {
			c.Reply.Null()
		}
	})
}

// geopos replies with the positions of members, null for missing ones.
func geopos(c *Call) error {
	return c.eachPosition(func(p geo.Point, ok bool) {
		if ok {
			c.replyPoint(p)
		} else {
			c.Reply.NullArray()
		}
	})
}

// eachPosition replies with an array of what reply appends for each member.
func (c *Call) eachPosition(reply func(p geo.Point, ok bool)) error {
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		p, ok := memberPosition(z, member)
		reply(p, ok)
	}
	return nil
}

func (c *Call) replyPoint(p geo.Point) {
	c.Reply.Array(2)
	c.Reply.Decimal(p.Lon)
	c.Reply.Decimal(p.Lat)
}

// errOneOf is the error for GEOSEARCH without one of the alternatives.
func errOneOf(c *Call, alternatives string) error {
	return aso.Error(fmt.Sprintf("ERR exactly one of %s can be specified for %s", alternatives, quotable(c.Arg(0))))
}
