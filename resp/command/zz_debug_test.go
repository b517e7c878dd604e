package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"comet/aso/value"
)

func TestZZDebug(t *testing.T) {
	seed, round := uint64(6315088257575839091), uint64(38)
	r := rand.New(rand.NewPCG(seed, round))
	e := newEngine(t)
	limits := value.DefaultLimits()
	limits.PackedMax = 64
	e.ks.SetLimits(limits)
	e.load(randomHandler)
	e.load(strings.ReplaceAll(randomHandler, "0.3", "0.5"))
	for i := range 300 {
		before := e.image()
		units := len(e.units)
		e.step(r)
		if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
			fmt.Println("step", i, debugLine, d)
			fmt.Printf("before %q\n", before)
			for _, u := range e.units[units:] {
				fmt.Printf("unit %q\n", u)
			}
			return
		}
	}
}
var debugLine string
