package sandbox

import (
	"math"

	"comet/aso/lua"
)

var mathFunctions = functions{
	"abs": math1(math.Abs), "acos": mathNaN(math.Acos, 1), "asin": mathNaN(math.Asin, 1),
	"atan": mathNaN(math.Atan, 1), "atan2": math2(atan2), "ceil": math1(math.Ceil),
	"cos": mathNaN(math.Cos, -1), "cosh": mathNaN(math.Cosh, 1), "exp": mathNaN(math.Exp, 1),
	"deg":   math1(func(x float64) float64 { return x / (math.Pi / 180) }),
	"floor": math1(math.Floor), "fmod": math2(fmod), "mod": math2(fmod),
	"frexp": frexpFn, "ldexp": ldexpFn, "log": mathNaN(math.Log, -1), "log10": mathNaN(math.Log10, 1),
	"max": maxFn, "min": minFn, "modf": modfFn, "pow": math2(lua.Pow),
	"rad":    math1(func(x float64) float64 { return x * (math.Pi / 180) }),
	"random": randomFn, "randomseed": randomseedFn, "sin": mathNaN(math.Sin, -1),
	"sinh": mathNaN(math.Sinh, 1), "sqrt": mathNaN(math.Sqrt, -1), "tan": mathNaN(math.Tan, -1),
	"tanh": mathNaN(math.Tanh, 1),
}

// mathNaN is math1 with the NaN of the C library, whose sign tostring shows: that of the argument, or the one given where there is no value.
func mathNaN(fn func(float64) float64, sign float64) lua.GoFunction {
	return math1(func(x float64) float64 {
		f := fn(x)
		switch {
		case f == f:
			return f
		case x != x:
			return x
		}
		return math.Copysign(f, sign)
	})
}

func fmod(x, y float64) float64 {
	f := math.Mod(x, y)
	switch {
	case f == f:
		return f
	case x != x:
		return x
	case y != y:
		return y
	}
	return math.Copysign(f, -1)
}

func atan2(y, x float64) float64 {
	switch {
	case x != x:
		return x
	case y != y:
		return y
	}
	return math.Atan2(y, x)
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
