package geo

import "math"

// earthRadius is in metres.
const earthRadius = 6372797.560856

const degree = math.Pi / 180

// Distance returns the metres between two points along a great circle.
func Distance(a, b Point) float64 { return from(a).distance(b) }

// origin is a point that many distances are measured from.
type origin struct{ lat, lon, cosLat float64 } // in radians

func from(p Point) origin {
	lat := float64(p.Lat * degree)
	return origin{lat, float64(p.Lon * degree), cos(lat)}
}

// distance returns the metres to p. The conversions keep other processors from fusing operations.
func (o origin) distance(p Point) float64 {
	lat := float64(p.Lat * degree)
	u := sin((lat - o.lat) / 2)
	v := sin((float64(p.Lon*degree) - o.lon) / 2)
	return 2.0 * earthRadius * asin(math.Sqrt(float64(u*u)+float64(o.cosLat*cos(lat)*v*v)))
}
