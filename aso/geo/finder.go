package geo

import "math"

// Finder tests many positions against a shape: most of those that are outside it needs neither to be decoded nor a distance.
type Finder struct {
	shape        *Shape
	center       origin
	south, north uint64 // the latitude's bits of the first and last score that can be inside
	west, east   uint64 // those of the longitude, unless around is true
	around       bool   // longitudes do not matter
}

// Finder returns a Finder for s, which must not change.
func (s *Shape) Finder() Finder {
	reach := s.Radius * s.Unit
	if s.Box {
		reach = s.Height * s.Unit / 2
	}
	reach = (reach*(1+1e-9) + 1e-6) / earthRadius // radians, with room for what distances are rounded by
	f := Finder{shape: s, center: from(s.Center), around: true}
	f.south = spread(part(s.Center.Lat-reach/degree, MaxLat))
	f.north = spread(part(s.Center.Lat+reach/degree, MaxLat))
	if lat := math.Abs(f.center.lat); !s.Box && reach+lat < math.Pi/2 { // the circle does not reach a pole
		reach = math.Asin(math.Sin(reach)/math.Cos(lat))/degree*(1+1e-9) + 1e-6
		west, east := s.Center.Lon-reach, s.Center.Lon+reach
		f.west, f.east = spread(part(west, MaxLon))<<1, spread(part(east, MaxLon))<<1
		f.around = west < -MaxLon || east > MaxLon
	}
	return f
}

// part returns which of the parts of an axis a coordinate is in, the first one or one after the last for what is beyond its ends.
func part(degrees, limit float64) uint32 {
	if degrees >= limit {
		return math.MaxUint32
	}
	return uint32(max((degrees+limit)/(2*limit)*(1<<precision), 0))
}

// Contains reports whether the position that a score of an area stands for is inside the shape, and how many metres it is from the centre.
func (f *Finder) Contains(score float64) (metres float64, ok bool) {
	bits := uint64(score)
	if lat := bits & latBits; lat < f.south || lat > f.north {
		return 0, false
	}
	if lon := bits & lonBits; !f.around && (lon < f.west || lon > f.east) {
		return 0, false
	}
	return f.shape.contains(f.center, Position(score))
}
