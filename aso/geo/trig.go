package geo

import "math"

// Distances show every last bit: of members at the same place the order, and with STOREDIST all digits. Package math is wrong by up to one unit in the
// last place, so these functions compute with about 66 bits and round once. They are for angles, in radians, as Distance has them.

// wide is the unevaluated sum of two numbers, of which lo is less than the last place of hi.
type wide struct{ hi, lo float64 }

func add(a, b float64) wide {
	s := a + b
	t := s - a
	return wide{s, (a - (s - t)) + (b - t)}
}

func mul(a, b float64) wide {
	p := a * b
	return wide{p, math.FMA(a, b, -p)}
}

func (x wide) plus(y wide) wide {
	s := add(x.hi, y.hi)
	return add(s.hi, s.lo+x.lo+y.lo)
}

func (x wide) times(y wide) wide {
	p := mul(x.hi, y.hi)
	return add(p.hi, p.lo+x.hi*y.lo+x.lo*y.hi)
}

func (x wide) minus() wide { return wide{-x.hi, -x.lo} }

var halfPi = wide{math.Pi / 2, 6.123233995736766e-17}

// tableStep is the distance of the angles that sines and cosines are known of; a power of two, so that differences to them are exact.
const tableStep = 1.0 / 64

type sinCos struct{ sin, cos wide }

// angles are the multiples of tableStep up to π/2 and a little more.
var angles = newAngles()

func newAngles() (table [103]sinCos) {
	step := sinCos{taylor(tableStep, 1), taylor(tableStep, 0)}
	table[0].cos.hi = 1
	for i := 1; i < len(table); i++ {
		a := table[i-1]
		table[i].sin = a.sin.times(step.cos).plus(a.cos.times(step.sin))
		table[i].cos = a.cos.times(step.cos).plus(a.sin.times(step.sin).minus())
	}
	return table
}

// taylor returns the sine (first power 1) or cosine (0) of a small angle that is a power of two.
func taylor(x float64, first int) wide {
	sum, term := wide{}, wide{1, 0}
	for n := range 16 {
		if n%4 == first {
			sum = sum.plus(term)
		} else if n%4 == first+2 {
			sum = sum.plus(term.minus())
		}
		d := float64(n + 1)
		q := term.hi * x / d
		rest := math.FMA(-q, d, term.hi*x) + term.lo*x
		term = add(q, rest/d)
	}
	return sum
}

// sine returns the sine of an angle from 0 to π/2.
func sine(x wide) wide {
	a, r := near(x.hi)
	p := mul(a.cos.hi, r)
	s := add(a.sin.hi, p.hi)
	return add(s.hi, s.lo+p.lo+a.sin.lo+a.cos.lo*r+a.cos.hi*sinRest(r)+a.sin.hi*cosRest(r)+x.lo*(a.cos.hi-a.sin.hi*r))
}

// cosine returns the cosine of an angle from 0 to π/2.
func cosine(x float64) wide {
	a, r := near(x)
	p := mul(-a.sin.hi, r)
	s := add(a.cos.hi, p.hi)
	return add(s.hi, s.lo+p.lo+a.cos.lo-a.sin.lo*r-a.sin.hi*sinRest(r)+a.cos.hi*cosRest(r))
}

// near returns the known angle next to x, and how much further x is.
func near(x float64) (a *sinCos, rest float64) {
	i := int(x/tableStep + 0.5)
	return &angles[i], x - float64(i)*tableStep
}

// sinRest returns sin r - r and cosRest cos r - 1, for an r of at most half a step.
func sinRest(r float64) float64 {
	q := r * r
	return r * q * (-1.0/6 + q*(1.0/120-q*(1.0/5040)))
}

func cosRest(r float64) float64 {
	q := r * r
	return q * (-0.5 + q*(1.0/24-q*(1.0/720)))
}

// sin returns the sine of an angle from -π to π.
func sin(x float64) float64 {
	angle := wide{math.Abs(x), 0}
	if angle.hi > math.Pi/2 {
		angle = add(math.Pi-angle.hi, 2*halfPi.lo)
	}
	return math.Copysign(sine(angle).hi, x)
}

// cos returns the cosine of an angle from -π/2 to π/2.
func cos(x float64) float64 { return cosine(math.Abs(x)).hi }

// asin returns the angle from 0 to π/2 whose sine is x, which is not negative.
func asin(x float64) float64 {
	if !(x < 1) {
		return math.Asin(x)
	}
	square := mul(x, x)
	rest := add(1, -square.hi)
	rest = add(rest.hi, rest.lo-square.lo)
	root := math.Sqrt(rest.hi)
	sine, cosine := wide{x, 0}, wide{root, (math.FMA(-root, root, rest.hi) + rest.lo) / (2 * root)}
	if x > root {
		return halfPi.plus(arc(cosine, sine).minus()).hi
	}
	return arc(sine, cosine).hi
}

// anglesNear has the number of a known angle near that whose sine is i/64. The last one is next to farthest.
var anglesNear = newAnglesNear()

func newAnglesNear() (near [59]uint8) {
	for i := range near {
		near[i] = uint8(math.Asin(float64(i)/64)/tableStep + 0.5)
	}
	return near
}

// arc returns the angle from 0 to π/4 with a sine and a cosine: a known angle and the difference to it, which is so small that a few terms are enough.
func arc(sine, cosine wide) wide {
	i := anglesNear[int(sine.hi*64+0.5)]
	a := &angles[i]
	d := sine.times(a.cos).plus(cosine.times(a.sin).minus())
	y := add(float64(i)*tableStep, d.hi)
	return add(y.hi, y.lo+d.lo+arcRest(d.hi))
}

// arcRest returns asin d - d, for a small d.
func arcRest(d float64) float64 {
	q := d * d
	return d * q * (1.0/6 + q*(3.0/40+q*(15.0/336+q*(105.0/3456))))
}
