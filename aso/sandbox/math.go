package sandbox

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

var mathFunctions = functions{
	"abs": math1("abs", math.Abs), "acos": math1("acos", math.Acos), "asin": math1("asin", math.Asin),
	"atan": math1("atan", math.Atan), "atan2": math2("atan2", math.Atan2), "ceil": math1("ceil", math.Ceil),
	"cos": math1("cos", math.Cos), "cosh": math1("cosh", math.Cosh), "exp": math1("exp", math.Exp),
	"deg":   math1("deg", func(x float64) float64 { return x / (math.Pi / 180) }),
	"floor": math1("floor", math.Floor), "fmod": math2("fmod", math.Mod), "mod": math2("fmod", math.Mod),
	"frexp": frexpFn, "ldexp": ldexpFn, "log": math1("log", math.Log), "log10": math1("log10", math.Log10),
	"max": maxFn, "min": minFn, "modf": modfFn, "pow": math2("pow", math.Pow),
	"rad":    math1("rad", func(x float64) float64 { return x * (math.Pi / 180) }),
	"random": randomFn, "randomseed": randomseedFn, "sin": math1("sin", math.Sin),
	"sinh": math1("sinh", math.Sinh), "sqrt": math1("sqrt", math.Sqrt), "tan": math1("tan", math.Tan),
	"tanh": math1("tanh", math.Tanh),
}

func math1(name string, fn func(float64) float64) lua.LGFunction {
	return func(L *lua.LState) int { return pushNumber(L, fn(argNumber(L, 1, name))) }
}

func math2(name string, fn func(a, b float64) float64) lua.LGFunction {
	return func(L *lua.LState) int {
		return pushNumber(L, fn(argNumber(L, 1, name), argNumber(L, 2, name)))
	}
}

func frexpFn(L *lua.LState) int {
	f, e := math.Frexp(argNumber(L, 1, "frexp"))
	return push(L, lua.LNumber(f), lua.LNumber(e))
}

func ldexpFn(L *lua.LState) int {
	e := max(min(argInt(L, 2, "ldexp"), 1<<20), -1<<20)
	return pushNumber(L, math.Ldexp(argNumber(L, 1, "ldexp"), e))
}

func modfFn(L *lua.LState) int {
	x := argNumber(L, 1, "modf")
	if math.IsInf(x, 0) {
		return push(L, lua.LNumber(x), lua.LNumber(math.Copysign(0, x)))
	}
	whole := math.Trunc(x)
	return push(L, lua.LNumber(whole), lua.LNumber(math.Copysign(x-whole, x)))
}

func maxFn(L *lua.LState) int {
	return fold(L, "max", func(a, b float64) bool { return b > a })
}

func minFn(L *lua.LState) int {
	return fold(L, "min", func(a, b float64) bool { return b < a })
}

func fold(L *lua.LState, name string, better func(a, b float64) bool) int {
	best := argNumber(L, 1, name)
	of(L).work(L.GetTop() >> 3)
	for i := 2; i <= L.GetTop(); i++ {
		if x := argNumber(L, i, name); better(best, x) {
			best = x
		}
	}
	return pushNumber(L, best)
}

// randomFn draws from the run's generator, so a run repeats with its seed.
func randomFn(L *lua.LState) int {
	w := of(L)
	w.work(1)
	low, high := 1.0, 1.0
	switch L.GetTop() {
	case 0:
		return pushNumber(L, w.uniform())
	case 1:
		high = math.Trunc(argNumber(L, 1, "random"))
	case 2:
		low, high = math.Trunc(argNumber(L, 1, "random")), math.Trunc(argNumber(L, 2, "random"))
	default:
		L.RaiseError("wrong number of arguments")
	}
	if !(low <= high) || math.IsInf(high-low, 0) {
		argError(L, L.GetTop(), "random", "interval is empty")
	}
	return pushNumber(L, math.Floor(w.uniform()*(high-low+1))+low)
}

func randomseedFn(L *lua.LState) int {
	of(L).seedRandom(math.Float64bits(argNumber(L, 1, "randomseed")))
	return 0
}
