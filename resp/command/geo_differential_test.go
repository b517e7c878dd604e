package command_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"comet/aso/randtest"
)

// geoWriter writes random GEO commands. Many members share a position, so that the order of equal distances shows.
type geoWriter struct{ *rand.Rand }

func (w geoWriter) pick(words ...string) string { return words[w.IntN(len(words))] }

// point is a position: one of few, near one of them, or anywhere.
func (w geoWriter) point() string {
	lon, lat := float64(w.IntN(7)-3)*60, float64(w.IntN(5)-2)*42.5
	switch w.IntN(3) {
	case 0:
		lon, lat = w.Float64()*360-180, w.Float64()*170-85
	case 1:
		lon, lat = max(min(lon+w.Float64()-0.5, 180), -180), max(min(lat+w.Float64()-0.5, 85), -85)
	}
	return fmt.Sprintf("%.*f %.*f", w.IntN(8), lon, w.IntN(8), lat)
}

func (w geoWriter) length() string {
	return fmt.Sprintf("%.3f", []float64{1, 50, 300, 2000, 9000, 25000}[w.IntN(6)]*w.Float64())
}

func (w geoWriter) search() string {
	words := []string{"GEOSEARCH g", w.pick("FROMLONLAT "+w.point(), fmt.Sprint("FROMMEMBER m", w.IntN(250)))}
	words = append(words, w.pick("BYRADIUS "+w.length(), "BYBOX "+w.length()+" "+w.length()), w.pick("km", "mi", "M", "ft", "km", "km"))
	if w.IntN(2) == 0 {
		words = append(words, fmt.Sprint("COUNT ", 1+w.IntN(60)), w.pick("ANY", "", ""))
	}
	return strings.Join(append(words, w.pick("ASC", "DESC", ""), w.pick("WITHDIST", "WITHCOORD", "WITHHASH", "")), " ")
}

// TestRandomGeoCommandsAnswerAsRedis runs random searches on a real redis-server and on ours.
func TestRandomGeoCommandsAnswerAsRedis(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	seed := randtest.Seed(t)
	w := geoWriter{rand.New(rand.NewPCG(seed, 0))}
	lines := []string{"# Random searches"}
	for i := range 250 {
		lines = append(lines, fmt.Sprintf("GEOADD g %s m%d", w.point(), i))
	}
	for range 400 {
		const approx = "!approx 0.00011" // the sines of C libraries are not the nearest number in all cases
		lines = append(lines, approx, w.search(), approx, fmt.Sprintf("GEODIST g m%d m%d", w.IntN(250), w.IntN(250)))
	}
	compareWithRedis(t, lines)
}
