package geo

import (
	"math"
	"math/rand/v2"
	"testing"

	"comet/aso/randtest"
)

// TestDistanceIsWhereItIsEstimated has points anywhere, close to each other, at the poles, at the date line and at the other end of the world. Of the
// room that is left to errors no more than was proved may be used.
func TestDistanceIsWhereItIsEstimated(t *testing.T) {
	rng := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	worst := 0.0
	for range 300_000 {
		a, b := randomPair(rng)
		low, high := Estimate(a, b)
		d := Distance(a, b)
		if !(low <= d && d <= high) {
			t.Fatalf("%v to %v: %v is not from %v to %v", a, b, d, low, high)
		}
		if low < high {
			worst = max(worst, math.Abs(d-(low+high)/2)/((high-low)/2))
		}
	}
	t.Logf("at most %.4f of the room is used", worst)
	if worst > 92.0/256 {
		t.Errorf("%.4f of the room is used", worst)
	}
}

// randomPair returns two positions of scores.
func randomPair(rng *rand.Rand) (a, b Point) {
	a = Point{(rng.Float64()*2 - 1) * MaxLon, (rng.Float64()*2 - 1) * MaxLat}
	b = Point{(rng.Float64()*2 - 1) * MaxLon, (rng.Float64()*2 - 1) * MaxLat}
	away := math.Pow(10, 2-10*rng.Float64())
	switch rng.IntN(6) {
	case 0: // close
		b = Point{a.Lon + (rng.Float64()-0.5)*away, a.Lat + (rng.Float64()-0.5)*away}
	case 1: // on the other side
		b = Point{a.Lon + 180 + (rng.Float64()-0.5)*away, -a.Lat + (rng.Float64()-0.5)*away}
	case 2: // as far to the north or south as there are positions
		a.Lat, b.Lat = math.Copysign(MaxLat-away/100, rng.Float64()-0.5), math.Copysign(MaxLat-away/100*rng.Float64(), rng.Float64()-0.5)
	case 3: // on the same meridian, parallel, or both
		if rng.IntN(2) == 0 {
			b.Lon = a.Lon
		} else {
			b.Lat = a.Lat
		}
	case 4: // on both sides of the date line
		a.Lon, b.Lon = 180-away/100, -180+away/100*rng.Float64()
	}
	return inside(a), inside(b)
}

// inside returns the position of the score of p, moved back where p is outside the world.
func inside(p Point) Point {
	if p.Lon > MaxLon {
		p.Lon -= 360
	}
	p = Point{max(min(p.Lon, MaxLon), -MaxLon), max(min(p.Lat, MaxLat), -MaxLat)}
	return Position(float64(p.Score()))
}
