package geo

import "math"

// Finder tests many points against a shape: most of those that are outside it needs no distance for.
type Finder struct {
	shape    *Shape
	lat, lon float64 // degrees from the centre beyond which nothing is inside
}

// Finder returns a Finder for s, which must not change.
func (s *Shape) Finder() Finder {
	reach := s.Radius * s.Unit
	if s.Box {
		reach = s.Height * s.Unit / 2
	}
	reach = (reach*(1+1e-9) + 1e-6) / earthRadius // radians, with room for what distances are rounded by
	f := Finder{shape: s, lat: reach / degree, lon: math.Inf(1)}
	if lat := math.Abs(s.Center.Lat * degree); !s.Box && reach+lat < math.Pi/2 { // the circle does not reach a pole
		f.lon = math.Asin(math.Sin(reach)/math.Cos(lat))/degree*(1+1e-9) + 1e-12
	}
	return f
}

// Contains is that of the shape.
func (f *Finder) Contains(p Point) (metres float64, ok bool) {
	east := math.Abs(p.Lon - f.shape.Center.Lon)
	if math.Abs(p.Lat-f.shape.Center.Lat) > f.lat || east > f.lon && 360-east > f.lon {
		return 0, false
	}
	return f.shape.Contains(p)
}
