package geo

import (
	"math"
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
		if _, ok := s.contains(from(s.Center), Position(score)); ok && !inAreas(s.Areas(), score) {
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

// TestFinderFindsWhatTheShapeContains has shapes of all sizes, also around poles and the date line, and points near their edges.
func TestFinderFindsWhatTheShapeContains(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	inside := 0
	for range 50_000 {
		s := Shape{Center: Point{(rng.Float64()*2 - 1) * MaxLon, (rng.Float64()*2 - 1) * MaxLat}, Unit: 1}
		size := math.Pow(10, rng.Float64()*10-2.5)
		if s.Box = rng.IntN(2) == 0; s.Box {
			s.Width, s.Height = size, size*rng.Float64()
		} else {
			s.Radius = size
		}
		p := s.Center
		angle, away := rng.Float64()*2*math.Pi, size/earthRadius/degree*(0.8+rng.Float64()*0.3)
		p.Lat += away * math.Sin(angle)
		p.Lon += away * math.Cos(angle) / math.Cos(s.Center.Lat*degree)
		if p.Lon > MaxLon {
			p.Lon -= 360
		}
		if rng.IntN(20) == 0 {
			p.Lat = MaxLat
		}
		if !p.Valid() {
			continue
		}
		if rng.IntN(3) == 0 && !s.Box {
			s.Radius = Distance(s.Center, Position(float64(p.Score()))) // on the edge
		}
		f, score := s.Finder(), float64(p.Score())
		wantMetres, want := s.contains(from(s.Center), Position(score))
		if metres, ok := f.Contains(score); ok != want || ok && metres != wantMetres {
			t.Fatalf("%+v and %v: %v, %v, want %v, %v", s, p, metres, ok, wantMetres, want)
		}
		if want {
			inside++
		}
	}
	if inside < 5_000 {
		t.Errorf("only %d points were inside", inside)
	}
}
