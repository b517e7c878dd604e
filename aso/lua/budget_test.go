package lua

import (
	"math/rand/v2"
	"strings"
	"testing"

	"comet/aso/randtest"
)

// rationed gives so many instructions at a time, and ends the run when all are used.
type rationed struct {
	*Budget
	each, behind int64
}

type exhausted struct{}

func (o *rationed) Refill() {
	for o.Left < 0 && o.behind > 0 {
		take := min(o.each, o.behind)
		o.Left, o.behind = o.Left+take, o.behind-take
	}
	if o.Left < 0 {
		panic(exhausted{})
	}
}

func (o *rationed) Charge(int)                  {}
func (o *rationed) Refuse(*State, *Table, bool) { panic("refused") }

// runRationed returns what a program prints, its error, and what is left of a budget; less than 0 if it was not enough.
func runRationed(t *testing.T, p *Proto, budget, each int64) (out string, left int64) {
	t.Helper()
	m := newMachine(t)
	o := &rationed{Budget: m.Budget, each: each, behind: budget}
	m.Owner, m.Budget.Left = o, 0
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exhausted); !ok {
				panic(r)
			}
			left = -1
		}
	}()
	if _, err := m.PCall(NewClosure(p).Value()); err != nil {
		m.out = append(m.out, "error: "+shown(err.Value))
	}
	return strings.Join(m.out, "\n"), o.Left + o.behind
}

// TestBudgetIsExact runs programs with rations so small that each instruction is the last of one: they do and count the same. What needs n
// instructions does not end with fewer.
func TestBudgetIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	sources := append([]string(nil), programs...)
	for range 200 {
		sources = append(sources, newWriter(r).program())
	}
	const enough = 1_000_000
	for _, source := range sources {
		p, err := compileSource(t, source)
		if err != nil {
			continue
		}
		want, left := runRationed(t, p, enough, enough)
		if left < 0 {
			continue
		}
		need := enough - left
		for _, each := range []int64{1, 2, 3, 7} {
			if got, left := runRationed(t, p, need, each); got != want || left != 0 {
				t.Errorf("%s\n--- %d at a time, %d left of %d\n%s\n--- want\n%s", source, each, left, need, got, want)
			}
		}
		for _, few := range []int64{need - 1, need / 2} {
			if _, left := runRationed(t, p, few, 2); need > 0 && left >= 0 {
				t.Errorf("%s\n--- it ends with %d instructions, not only with %d", source, few, need)
			}
		}
	}
}
