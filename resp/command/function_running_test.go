package command

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"comet/aso/randtest"
)

// TestRunningFunctions lets functions begin and end in any order: those that run, and no others, are in the list.
func TestRunningFunctions(t *testing.T) {
	rng := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	f := newFunctions()
	var want []string
	var runs []*scriptRun
	for i := range 2000 {
		if len(runs) == 0 || rng.IntN(2) == 0 {
			r := &scriptRun{c: &Call{began: 1}}
			f.began(r, &script{name: fmt.Sprint(i)})
			runs, want = append(runs, r), append(want, r.function.name)
		} else {
			n := rng.IntN(len(runs))
			f.ended(runs[n])
			if runs[n].function.args != nil || runs[n].function.before != nil {
				t.Fatal("something is left of a function that ended")
			}
			runs, want = slices.Delete(runs, n, n+1), slices.Delete(want, n, n+1)
		}
		var got []string
		for call := f.busy; call != nil; call = call.before {
			got = append(got, call.name)
		}
		slices.Reverse(got)
		if !slices.Equal(got, want) {
			t.Fatalf("step %d: %v run, want %v", i, got, want)
		}
	}
}
