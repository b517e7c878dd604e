package geo

import (
	"math/rand/v2"
	"testing"
)

// TestAreasHoldWhatTheShapeContains searches circles that do not reach beyond a pole or the date line, where Redis misses some.
func TestAreasHoldWhatTheShapeContains(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		s := Shape{Center: Point{rng.Float64()*100 - 50, rng.Float64()*100 - 50}, Unit: 1000, Radius: rng.Float64() * 500}
		p := Point{s.Center.Lon + rng.Float64()*4 - 2, s.Center.Lat + rng.Float64()*4 - 2}
		score := float64(p.Score())
		if _, ok := s.Contains(Position(score)); ok && !inAreas(s.Areas(), score) {
			t.Fatalf("%+v contains %v, but no area has its score", s, p)
		}
	}
}

func inAreas(areas []Scores, score float64) bool {
	for _, a := range areas {
		if a.Min <= score && score < a.Max {
			return true
		}
	}
	return false
}

// TestAPositionIsNearWhatItsScoreSays checks the size of the smallest cells, less than a metre.
func TestAPositionIsNearWhatItsScoreSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		p := Point{(rng.Float64()*2 - 1) * MaxLon, (rng.Float64()*2 - 1) * MaxLat}
		if d := Distance(p, Position(float64(p.Score()))); d > 1 {
			t.Fatalf("%v is %v m from the position of its score", p, d)
		}
	}
}
