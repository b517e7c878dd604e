package geo

import "math"

// earthRadius is in metres.
const earthRadius = 6372797.560856

const degree = math.Pi / 180

// Distance returns the metres between two points along a great circle. The conversions keep other processors from fusing operations.
func Distance(a, b Point) float64 {
	lat1, lat2 := a.Lat*degree, b.Lat*degree
	u := sin((lat2 - lat1) / 2)
	v := sin((float64(b.Lon*degree) - float64(a.Lon*degree)) / 2)
	return 2.0 * earthRadius * asin(math.Sqrt(float64(u*u)+float64(cos(lat1)*cos(lat2)*v*v)))
}
