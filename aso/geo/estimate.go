package geo

import "math"

// Estimate returns two numbers between which Distance is, in a third of its time.
//
// Both compute the same from the same differences of coordinates, but for what is rounded behind these. Let e be 2^-53, the most that a rounding adds to a
// relative error. That of u and v is < 9e: of a sine at most half comes from the difference to the known angle. That of c, which is > 0.086, is < 4e, and 12e
// more because the sum of the latitudes is rounded. So that of the square of half the chord is < 54e in its second part and, as c*c is that and u*u,
// < 72e in its first, and that of its root < 37e. The angle of a sine up to farthest has at most 1.85 times the relative error of the sine; with what is rounded on the way
// it is < 80e. That of Distance, whose functions are rounded once, is < 12e. So they differ by less than 92e, and 256e is allowed.
func Estimate(a, b Point) (low, high float64) {
	const relative = 0x1p-45
	latA, lonA := float64(a.Lat*degree), float64(a.Lon*degree) // the conversions are those of Distance
	latB, lonB := float64(b.Lat*degree), float64(b.Lon*degree)
	u := quickSine(math.Abs(latB-latA) / 2)
	v := quickSine(math.Abs(lonB-lonA) / 2)
	c := quickCosine(math.Abs(latB+latA) / 2)
	square := u*u + (c*c-u*u)*(v*v) // c*c-u*u is the product of the cosines of the latitudes
	chord := math.Sqrt(square)
	if chord > farthest {
		d := Distance(a, b)
		return d, d
	}
	d := 2.0 * earthRadius * quickArc(chord, math.Sqrt(1-square))
	return d - d*relative, d + d*relative
}

// quickSine returns the sine of an angle from 0 to π.
func quickSine(x float64) float64 {
	if x > math.Pi/2 {
		x = math.Pi - x + 2*halfPi.lo
	}
	a, r := near(x)
	return a.sin.hi + (a.sin.hi*cosRest(r) + a.cos.hi*(r+sinRest(r)))
}

// quickCosine returns the cosine of an angle from 0 to π/2.
func quickCosine(x float64) float64 {
	a, r := near(x)
	return a.cos.hi + (a.cos.hi*cosRest(r) - a.sin.hi*(r+sinRest(r)))
}

// farthest is the greatest sine that quickArc takes.
const farthest = 0.9

// quickArc returns the angle that has a sine and a cosine.
func quickArc(sine, cosine float64) float64 {
	i := anglesNear[int(sine*64+0.5)]
	a := &angles[i]
	d := sine*a.cos.hi - cosine*a.sin.hi
	return float64(i)*tableStep + (d + arcRest(d))
}
