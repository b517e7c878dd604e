package sandbox

import (
	"math"

	"comet/aso/lua"
)

var mathFunctions = functions{
	"abs": math1(math.Abs), "acos": math1(math.Acos), "asin": math1(math.Asin),
	"atan": math1(math.Atan), "atan2": math2(math.Atan2), "ceil": math1(math.Ceil),
	"cos": math1(math.Cos), "cosh": math1(math.Cosh), "exp": math1(math.Exp),
	"deg":   math1(func(x float64) float64 { return x / (math.Pi / 180) }),
	"floor": math1(math.Floor), "fmod": math2(math.Mod), "mod": math2(math.Mod),
	"frexp": frexpFn, "ldexp": ldexpFn, "log": math1(math.Log), "log10": math1(math.Log10),
	"max": maxFn, "min": minFn, "modf": modfFn, "pow": math2(math.Pow),
	"rad":    math1(func(x float64) float64 { return x * (math.Pi / 180) }),
	"random": randomFn, "randomseed": randomseedFn, "sin": math1(math.Sin),
	"sinh": math1(math.Sinh), "sqrt": math1(math.Sqrt), "tan": math1(math.Tan),
	"tanh": math1(math.Tanh),
}

func math1(fn func(float64) float64) lua.GoFunction {
	return func(L *lua.State) int { return pushNumber(L, fn(argNumber(L, 1))) }
}

func math2(fn func(a, b float64) float64) lua.GoFunction {
	return func(L *lua.State) int {
		b := argNumber(L, 2) // first, as compilers of C do it: of two bad arguments the error names this one
		return pushNumber(L, fn(argNumber(L, 1), b))
	}
}

func frexpFn(L *lua.State) int {
	f, e := math.Frexp(argNumber(L, 1))
	return push(L, lua.Number(f), lua.Number(float64(e)))
}

func ldexpFn(L *lua.State) int {
	e := max(min(argInt(L, 2), 1<<20), -1<<20)
	return pushNumber(L, math.Ldexp(argNumber(L, 1), e))
}

func modfFn(L *lua.State) int {
	x := argNumber(L, 1)
	if math.IsInf(x, 0) {
		return push(L, lua.Number(x), lua.Number(math.Copysign(0, x)))
	}
	whole := math.Trunc(x)
	return push(L, lua.Number(whole), lua.Number(math.Copysign(x-whole, x)))
}

func maxFn(L *lua.State) int {
	return fold(L, func(a, b float64) bool { return b > a })
}

func minFn(L *lua.State) int {
	return fold(L, func(a, b float64) bool { return b < a })
}

func fold(L *lua.State, better func(a, b float64) bool) int {
	best := argNumber(L, 1)
	of(L).work(L.GetTop() >> 3)
	for i := 2; i <= L.GetTop(); i++ {
		if x := argNumber(L, i); better(best, x) {
			best = x
		}
	}
	return pushNumber(L, best)
}

// randomFn draws from the run's generator, so a run repeats with its seed.
func randomFn(L *lua.State) int {
	w := of(L)
	w.work(1)
	low, high := 1.0, 1.0
	switch L.GetTop() {
	case 0:
		return pushNumber(L, w.uniform())
	case 1:
		high = math.Trunc(argNumber(L, 1))
	case 2:
		low, high = math.Trunc(argNumber(L, 1)), math.Trunc(argNumber(L, 2))
	default:
		L.RaiseError("wrong number of arguments")
	}
	if !(low <= high) || math.IsInf(high-low, 0) {
		argError(L, L.GetTop(), "interval is empty")
	}
	return pushNumber(L, math.Floor(w.uniform()*(high-low+1))+low)
}

func randomseedFn(L *lua.State) int {
	of(L).seedRandom(math.Float64bits(argNumber(L, 1)))
	return 0
}
