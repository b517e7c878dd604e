package sandbox

import (
	"fmt"
	"math"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// cost bounds the VM instructions of a function, its callees included and without what library functions charge for their data.
type cost struct {
	least, most float64 // infinite: no path to the end, no bound
	why         string  // there is no upper bound
}

// costs notes what each handler costs. The code is that of the compiler, before tidy.
func (c *checker) costs(main *lua.FunctionProto) {
	e := &estimator{named: map[string]*lua.FunctionProto{}, done: map[*lua.FunctionProto]cost{}}
	e.learn(main)
	for h := range handlerCount {
		proto := e.named["@"+h.String()]
		if proto == nil {
			continue
		}
		at, k, most := place{line: proto.LineDefined}, e.function(proto), c.limits.Instructions
		if h == OnError {
			most = c.limits.Reserve().Instructions
		}
		if k.least > float64(most) && !math.IsInf(k.least, 1) {
			c.warn(at, "%s needs %.0f instructions, and a run has at most %d", h, k.least, most)
			continue
		}
		c.report(at, SeverityNote, "%s: %s", h, k)
	}
}

// String describes the cost for people.
func (k cost) String() string {
	switch {
	case k.why != "":
		return fmt.Sprintf("at least %s; the most depends on input (%s)", instructions(k.least), k.why)
	case k.least == k.most:
		return instructions(k.least) + ", and the work of library functions on their data"
	default:
		return fmt.Sprintf("%.0f to %.0f instructions, and the work of library functions on their data", k.least, k.most)
	}
}

func instructions(n float64) string {
	if n == 1 {
		return "1 instruction"
	}
	return fmt.Sprintf("%.0f instructions", n)
}

// estimator reads the code of the functions of one source.
type estimator struct {
	named map[string]*lua.FunctionProto // functions of the top level by their names
	done  map[*lua.FunctionProto]cost
}

// learn finds the functions that the top level names. A name that is also something else is of no use.
func (e *estimator) learn(main *lua.FunctionProto) {
	count := map[string]int{}
	countNames(main, count)
	for pc, inst := range main.Code {
		if opcode(inst) != lua.OP_CLOSURE {
			continue
		}
		register, proto := int(inst>>18)&0xff, main.FunctionPrototypes[inst&(1<<18-1)]
		if register < len(main.DbgLocals) && main.DbgLocals[register].StartPc <= pc+1+int(proto.NumUpvalues) {
			if name := main.DbgLocals[register].Name; count[name] == 1 {
				e.named[name] = proto
			}
		}
	}
}

func countNames(proto *lua.FunctionProto, count map[string]int) {
	for _, l := range proto.DbgLocals {
		count[l.Name]++
	}
	for _, sub := range proto.FunctionPrototypes {
		countNames(sub, count)
	}
}

// function returns the cost of a function. While it is being found out it has no upper bound: the function calls itself.
func (e *estimator) function(proto *lua.FunctionProto) cost {
	if k, ok := e.done[proto]; ok {
		return k
	}
	e.done[proto] = cost{least: 1, most: math.Inf(1), why: fmt.Sprintf("recursion in line %d", proto.LineDefined)}
	f := newFlow(e, proto)
	k := cost{least: f.shortest(0, len(proto.Code))[0], most: f.longest(0, len(proto.Code))[0], why: f.why}
	if k.why != "" || math.IsInf(k.least, 1) {
		k.most = math.Inf(1)
	}
	if math.IsInf(k.least, 1) && k.why == "" {
		k.why = "it has no end"
	}
	e.done[proto] = k
	return k
}

// flow is the control flow of a function.
type flow struct {
	proto *lua.FunctionProto
	calls map[int]cost // by the place of the call
	loops map[int]counted
	ends  map[int]bool // of the loops
	why   string       // there is no upper bound
}

// counted is a numeric loop with constant bounds.
type counted struct {
	rounds      float64
	end         int   // its FORLOOP
	exits       []int // where it can be left to
	early       bool  // it can be left before its last round
	least, most float64
}

func newFlow(e *estimator, proto *lua.FunctionProto) *flow {
	f := &flow{proto: proto, calls: map[int]cost{}, loops: map[int]counted{}, ends: map[int]bool{}}
	for _, call := range proto.DbgCalls {
		f.calls[call.Pc] = e.call(call.Name, f.line(call.Pc))
	}
	for pc := len(proto.Code) - 1; pc >= 0; pc-- { // inner loops first
		if opcode(proto.Code[pc]) != lua.OP_FORPREP {
			continue
		}
		rounds, ok := f.constantRounds(pc)
		if !ok {
			continue
		}
		l := counted{rounds: rounds, end: f.next(pc)[0]}
		l.exits, l.early = f.exits(pc, l.end)
		if l.end > pc+1 {
			l.least, l.most = f.shortest(pc+1, l.end)[0], f.longest(pc+1, l.end)[0]
		}
		f.loops[pc], f.ends[l.end] = l, true
	}
	return f
}

// callers are library functions that call functions of the script.
var callers = []string{"@pcall", "@xpcall", "@table.sort", "@string.gsub", "@table.foreach", "@table.foreachi", "gsub", "foreach", "foreachi", "sort"}

// call returns the cost of a call by the name that the compiler noted.
func (e *estimator) call(name string, line int) cost {
	if proto := e.named[name]; proto != nil {
		return e.function(proto)
	}
	_, library := stdlib.values["string."+name]
	if !slices.Contains(callers, name) && (library || name[0] == '@' || slices.Contains(effects, name)) {
		return cost{}
	}
	return cost{most: math.Inf(1), why: fmt.Sprintf("a call in line %d", line)}
}

func opcode(inst uint32) int { return int(inst >> 26) }

func (f *flow) line(pc int) int {
	if pc < len(f.proto.DbgSourcePositions) {
		return f.proto.DbgSourcePositions[pc]
	}
	return f.proto.LineDefined
}

// next returns the places that may run after pc.
func (f *flow) next(pc int) []int {
	inst := f.proto.Code[pc]
	jump := func(from int) int { return from + 1 + int(f.proto.Code[from]&(1<<18-1)) - (1<<17 - 1) }
	operandC := int(inst>>9) & 0x1ff
	switch opcode(inst) {
	case lua.OP_JMP, lua.OP_FORPREP:
		return []int{jump(pc)}
	case lua.OP_EQ, lua.OP_LT, lua.OP_LE, lua.OP_TEST, lua.OP_TESTSET:
		return []int{pc + 1, pc + 2}
	case lua.OP_LOADBOOL:
		return []int{pc + 1 + min(operandC, 1)}
	case lua.OP_MOVEN:
		return []int{pc + 1 + operandC}
	case lua.OP_CLOSURE:
		return []int{pc + 1 + int(f.proto.FunctionPrototypes[inst&(1<<18-1)].NumUpvalues)}
	case lua.OP_FORLOOP:
		return []int{pc + 1, jump(pc)}
	case lua.OP_TFORLOOP:
		return []int{pc + 2, jump(pc + 1)}
	case lua.OP_RETURN, lua.OP_TAILCALL:
		return nil
	}
	return []int{pc + 1}
}

// constantRounds returns how often a numeric loop with constant bounds runs.
func (f *flow) constantRounds(pc int) (float64, bool) {
	var bounds [3]float64
	register := int(f.proto.Code[pc]>>18) & 0xff
	for i := range bounds {
		at := pc - 3 + i
		if at < 0 || opcode(f.proto.Code[at]) != lua.OP_LOADK || int(f.proto.Code[at]>>18)&0xff != register+i {
			return 0, false
		}
		n, ok := f.proto.Constants[f.proto.Code[at]&(1<<18-1)].(lua.LNumber)
		if !ok {
			return 0, false
		}
		bounds[i] = float64(n)
	}
	for _, n := range bounds {
		if n != math.Trunc(n) || math.Abs(n) > 1<<50 {
			return 0, false // the VM adds up the steps, and rounds
		}
	}
	n := roundsOf(bounds[0], bounds[1], bounds[2])
	return n, !math.IsInf(n, 0)
}

// shortest returns, for each place from lo to hi, the instructions to leave that range at least; infinite where no way leads out.
func (f *flow) shortest(lo, hi int) []float64 {
	best := make([]float64, hi-lo+1)
	for i := range best[:hi-lo] {
		best[i] = math.Inf(1)
	}
	for changed := true; changed; {
		changed = false
		for pc := hi - 1; pc >= lo; pc-- {
			if n := f.least(pc, lo, best); n < best[pc-lo] {
				best[pc-lo], changed = n, true
			}
		}
	}
	return best
}

// least returns the shortest way from pc, by the ways from the places after it.
func (f *flow) least(pc, lo int, best []float64) float64 {
	weight, next := 1+f.calls[pc].least, f.next(pc)
	if l, ok := f.loops[pc]; ok && !l.early {
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
func (f *flow) longest(lo, hi int) []float64 {
	best := make([]float64, hi-lo+1)
	for pc := hi - 1; pc >= lo; pc-- {
		call := f.calls[pc]
		weight, next := 1+call.most, f.next(pc)
		if call.why != "" {
			f.why = call.why
		}
		if l, ok := f.loops[pc]; ok {
			weight, next = 2+l.rounds+l.rounds*l.most, l.exits
		}
		rest := 0.0
		for _, to := range next {
			if to > pc {
				rest = max(rest, beyond(best, to-lo))
			} else if !f.ends[pc] {
				f.why = fmt.Sprintf("a loop in line %d", f.line(to))
			}
		}
		if opcode(f.proto.Code[pc]) == lua.OP_TAILCALL {
			rest = 1 // a library function returns here
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
func (f *flow) exits(pc, end int) (out []int, early bool) {
	out = []int{end + 1}
	for i := pc + 1; i < end; i++ {
		next := f.next(i)
		if next == nil {
			next = []int{len(f.proto.Code)}
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
