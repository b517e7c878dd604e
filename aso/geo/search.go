package geo

import "math"

// Shape is an area to search: a circle, or a box whose sides are parallels and meridians.
type Shape struct {
	Center        Point
	Unit          float64 // metres in the unit of the lengths below
	Radius        float64 // of a circle
	Box           bool
	Width, Height float64 // of a box
}

// contains reports whether p is inside, and how many metres it is from the centre.
func (s *Shape) contains(center origin, p Point) (metres float64, ok bool) {
	metres = center.distance(p)
	if !s.Box {
		return metres, !(metres > s.Radius*s.Unit)
	}
	across := Distance(p, Point{s.Center.Lon, p.Lat})
	along := Distance(p, Point{p.Lon, s.Center.Lat})
	return metres, !(across > s.Width*s.Unit/2 || along > s.Height*s.Unit/2)
}

// Scores are the scores from Min, included, to Max, excluded.
type Scores struct{ Min, Max float64 }

// Areas returns the scores that members inside the shape have, in the order in which Redis looks at them.
func (s *Shape) Areas() []Scores {
	cells := s.cells()
	found := make([]Scores, 0, len(cells))
	last := 0
	for i, c := range cells {
		if c == (cell{}) || last > 0 && c == cells[last] { // around the world two neighbours can be the same
			continue
		}
		shift := 2 * (precision - c.step)
		found = append(found, Scores{float64(c.bits << shift), float64((c.bits + 1) << shift)})
		last = i
	}
	return found
}

// The places of the neighbours among the cells of a search.
const (
	north = 1 + iota
	south
	east
	west
	northEast
	northWest
	southEast
	southWest
)

// cells returns the cell of the centre and its neighbours; those that the shape does not reach are zero.
func (s *Shape) cells() [9]cell {
	bounds := s.bounds()
	step := s.step()
	cells := s.around(step)
	if step > 1 && !(cells[north].area().max.Lat >= bounds.max.Lat && cells[south].area().min.Lat <= bounds.min.Lat &&
		cells[east].area().max.Lon >= bounds.max.Lon && cells[west].area().min.Lon <= bounds.min.Lon) {
		step--
		cells = s.around(step)
	}
	if step < 2 {
		return cells
	}
	own := cells[0].area()
	if own.min.Lat < bounds.min.Lat {
		cells[south], cells[southWest], cells[southEast] = cell{}, cell{}, cell{}
	}
	if own.max.Lat > bounds.max.Lat {
		cells[north], cells[northEast], cells[northWest] = cell{}, cell{}, cell{}
	}
	if own.min.Lon < bounds.min.Lon {
		cells[west], cells[southWest], cells[northWest] = cell{}, cell{}, cell{}
	}
	if own.max.Lon > bounds.max.Lon {
		cells[east], cells[southEast], cells[northEast] = cell{}, cell{}, cell{}
	}
	return cells
}

func (s *Shape) around(step uint) [9]cell {
	c := s.Center.cell(step, MaxLat)
	return [9]cell{
		c, c.move(0, 1), c.move(0, -1), c.move(1, 0), c.move(-1, 0), c.move(1, 1), c.move(-1, 1), c.move(1, -1), c.move(-1, -1),
	}
}

// bounds returns a rectangle about as wide as the shape is at its longer side.
func (s *Shape) bounds() area {
	height, width := s.Unit*s.Radius, s.Unit*s.Radius
	if s.Box {
		height, width = s.Unit*(s.Height/2), s.Unit*(s.Width/2)
	}
	lat := height / earthRadius / degree
	side := s.Center.Lat + lat
	if s.Center.Lat < 0 {
		side = s.Center.Lat - lat
	}
	lon := width / earthRadius / math.Cos(side*degree) / degree
	return area{Point{s.Center.Lon - lon, s.Center.Lat - lat}, Point{s.Center.Lon + lon, s.Center.Lat + lat}}
}

// step estimates how small cells can be so that nine of them cover the shape.
func (s *Shape) step() uint {
	const halfEquator = 20037726.37 // metres, in the Mercator projection
	reach := s.Radius
	if s.Box {
		reach = math.Sqrt(s.Width/2*(s.Width/2) + s.Height/2*(s.Height/2))
	}
	reach *= s.Unit
	if reach == 0 {
		return precision
	}
	step := -1
	for ; reach < halfEquator; reach *= 2 {
		step++
	}
	if lat := math.Abs(s.Center.Lat); lat > 66 { // a degree of longitude is short here
		step--
		if lat > 80 {
			step--
		}
	}
	return uint(min(max(step, 1), precision))
}
