package lua

import (
	"fmt"
	"math"
	"slices"
)

// flow is the control flow of a function.
type flow struct {
	costs *Costs
	fn    *Function
	proto *Proto
	jumps []jump
	calls map[int]call // by the place of the call
	loops map[int]counted
	ends  map[int]bool // of the loops
	why   string       // there is no upper bound
}

type jump struct{ from, to int }

// call is what a call costs.
type call struct {
	Cost
	inLua bool // it surely calls a function in Lua
}

// counted is a numeric loop with constant bounds.
type counted struct {
	rounds      float64
	end         int   // its opForLoop
	exits       []int // where it can be left to
	early       bool  // it can be left before its last round
	least, most float64
}

func newFlow(c *Costs, fn *Function) *flow {
	w := &flow{costs: c, fn: fn, proto: fn.Proto, calls: map[int]call{}, loops: map[int]counted{}, ends: map[int]bool{}}
	code := w.proto.code
	for pc := range code {
		for _, to := range w.next(pc) {
			if to != pc+1 {
				w.jumps = append(w.jumps, jump{pc, to})
			}
		}
	}
	for pc, i := range code {
		if i.op() == opCall || i.op() == opTailCall {
			w.calls[pc] = w.call(pc)
		}
	}
	for pc := len(code) - 1; pc >= 0; pc-- { // inner loops first
		if code[pc].op() == opForPrep {
			w.count(pc)
		}
	}
	return w
}

// count finds out about the numeric loop that begins at pc.
func (w *flow) count(pc int) {
	rounds, ok := w.constantRounds(pc)
	if !ok {
		return
	}
	l := counted{rounds: rounds, end: w.next(pc)[0]}
	l.exits, l.early = w.exits(pc, l.end)
	if l.end > pc+1 {
		l.least, l.most = w.shortest(pc+1, l.end)[0], w.longest(pc+1, l.end)[0]
	}
	w.loops[pc], w.ends[l.end] = l, true
}

// next returns the places that may run after pc.
func (w *flow) next(pc int) []int {
	i := w.proto.code[pc]
	switch i.op() {
	case opJump, opForPrep:
		return []int{pc + 1 + i.bx()}
	case opEq, opLt, opLe, opTest, opTestSet, opForIn:
		return []int{pc + 1, pc + 2}
	case opLoadBool:
		return []int{pc + 1 + min(i.c(), 1)}
	case opSetList:
		if i.c() == openEnd {
			return []int{pc + 2}
		}
	case opForLoop:
		return []int{pc + 1, pc + 1 + i.bx()}
	case opTailCall:
		if w.calls[pc].inLua {
			return nil // that function returns
		}
	case opReturn:
		return nil
	}
	return []int{pc + 1}
}

// constantRounds returns how often a numeric loop with constant bounds runs.
func (w *flow) constantRounds(pc int) (float64, bool) {
	var bounds [3]float64
	for i := range bounds {
		n, ok := w.value(pc, w.proto.code[pc].a()+i).Number()
		if !ok || n != math.Trunc(n) || math.Abs(n) > 1<<50 {
			return 0, false // the interpreter adds up the steps, and rounds
		}
		bounds[i] = n
	}
	n := Rounds(bounds[0], bounds[1], bounds[2])
	return n, !math.IsInf(n, 0)
}

// Rounds returns how often a numeric loop runs.
func Rounds(first, last, step float64) float64 {
	switch {
	case step > 0 && first <= last, step < 0 && first >= last:
		return math.Floor((last-first)/step) + 1
	case step == 0 && first >= last:
		return math.Inf(1)
	}
	return 0
}

// shortest returns, for each place from lo to hi, the instructions to leave that range at least; infinite where no way leads out.
func (w *flow) shortest(lo, hi int) []float64 {
	best := make([]float64, hi-lo+1)
	for i := range best[:hi-lo] {
		best[i] = math.Inf(1)
	}
	for changed := true; changed; {
		changed = false
		for pc := hi - 1; pc >= lo; pc-- {
			if n := w.least(pc, lo, best); n < best[pc-lo] {
				best[pc-lo], changed = n, true
			}
		}
	}
	return best
}

// least returns the shortest way from pc, by the ways from the places after it.
func (w *flow) least(pc, lo int, best []float64) float64 {
	weight, next := 1+w.calls[pc].Least, w.next(pc)
	if l, ok := w.loops[pc]; ok && !l.early {
		weight, next = 2+l.rounds+l.rounds*l.least, l.exits
	}
	if next == nil {
		return weight
	}
	rest := math.Inf(1)
	for _, to := range next {
		if to < lo {
			return weight
		}
		rest = min(rest, beyond(best, to-lo))
	}
	return weight + rest
}

// longest returns the same at most. It notes a loop or a call that has no bound.
func (w *flow) longest(lo, hi int) []float64 {
	best := make([]float64, hi-lo+1)
	for pc := hi - 1; pc >= lo; pc-- {
		call := w.calls[pc]
		weight, next := 1+call.Most, w.next(pc)
		if call.Why != "" {
			w.why = call.Why
		}
		if l, ok := w.loops[pc]; ok {
			weight, next = 2+l.rounds+l.rounds*l.most, l.exits
		}
		rest := 0.0
		for _, to := range next {
			if to > pc {
				rest = max(rest, beyond(best, to-lo))
			} else if !w.ends[pc] {
				w.why = fmt.Sprintf("a loop in line %d", w.proto.lines[to])
			}
		}
		best[pc-lo] = weight + rest
	}
	return best
}

// beyond returns best[i], and nothing for what lies beyond the range.
func beyond(best []float64, i int) float64 {
	if i < len(best) {
		return best[i]
	}
	return 0
}

// exits returns where the loop from pc to end can be left to, and whether that can be before its last round. A return in it counts as the
// end of the code.
func (w *flow) exits(pc, end int) (out []int, early bool) {
	out = []int{end + 1}
	for i := pc + 1; i < end; i++ {
		next := w.next(i)
		if next == nil {
			next = []int{len(w.proto.code)}
		}
		for _, to := range next {
			if to <= end && to >= pc {
				continue
			}
			early = true
			if !slices.Contains(out, to) {
				out = append(out, to)
			}
		}
	}
	return out, early
}
