package command

import (
	"math"
	"math/rand/v2"
	"testing"

	"comet/aso/geo"
	"comet/aso/randtest"
)

// TestDistancesHaveTheDigitsOfExactOnes compares in all units, and counts how often the estimate was enough.
func TestDistancesHaveTheDigitsOfExactOnes(t *testing.T) {
	rng := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	estimated := 0
	const tries = 200_000
	for range tries {
		a := geo.Point{Lon: (rng.Float64()*2 - 1) * geo.MaxLon, Lat: (rng.Float64()*2 - 1) * geo.MaxLat}
		away := math.Pow(10, 2-8*rng.Float64())
		b := geo.Point{Lon: a.Lon + (rng.Float64()-0.5)*away, Lat: a.Lat + (rng.Float64()-0.5)*away}
		if !b.Valid() {
			b = geo.Point{Lon: -a.Lon, Lat: -a.Lat}
		}
		a, b = geo.Position(float64(a.Score())), geo.Position(float64(b.Score()))
		for _, unit := range []float64{1, 1000, 0.3048, 1609.34} {
			exact := geo.Distance(a, b) / unit
			got := distanceOf(a, b, unit)
			if x, y := string(appendDecimals(nil, got, distanceDigits)), string(appendDecimals(nil, exact, distanceDigits)); x != y {
				t.Fatalf("%v to %v in %v m: %s, want %s", a, b, unit, x, y)
			}
			if unit == 1 && got != exact {
				estimated++
			}
		}
	}
	if estimated < tries/2 {
		t.Errorf("only %d of %d distances were estimated", estimated, tries)
	}
}
