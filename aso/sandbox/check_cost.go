package sandbox

import (
	"fmt"
	"math"
	"slices"

	"comet/aso/lua"
)

// costs notes what each handler costs, without what library functions charge for their data.
func (c *checker) costs(p *Program) {
	costs := lua.Costs{Host: hostCost, Method: methodCost}
	for h, fn := range p.handlers {
		if fn == nil {
			continue
		}
		h, at, k, most := Handler(h), place{line: fn.Proto.Line}, costs.Function(fn), c.limits.Instructions
		if h == OnError {
			most = c.limits.Reserve().Instructions
		}
		if k.Least > float64(most) && !math.IsInf(k.Least, 1) {
			c.warn(at, "%s needs %.0f instructions, and a run has at most %d", h, k.Least, most)
			continue
		}
		c.report(at, SeverityNote, "%s: %s", h, costText(k))
	}
}

func costText(k lua.Cost) string {
	switch {
	case k.Why != "":
		return fmt.Sprintf("at least %s; the most depends on input (%s)", instructions(k.Least), k.Why)
	case k.Least == k.Most:
		return instructions(k.Least) + ", and the work of library functions on their data"
	default:
		return fmt.Sprintf("%.0f to %.0f instructions, and the work of library functions on their data", k.Least, k.Most)
	}
}

func instructions(n float64) string {
	if n == 1 {
		return "1 instruction"
	}
	return fmt.Sprintf("%.0f instructions", n)
}

// callers are the library functions that call functions of the source.
var callers = []string{"pcall", "xpcall", "table.sort", "string.gsub", "table.foreach", "table.foreachi"}

// anyCost is that of a call of who knows what.
var anyCost = lua.Cost{Most: math.Inf(1)}

func hostCost(f *lua.Function) lua.Cost {
	for _, path := range callers {
		if stdlib.values[path].Function() == f {
			return anyCost
		}
	}
	return lua.Cost{}
}

func methodCost(name string) lua.Cost {
	path := "string." + name
	if _, ok := stdlib.values[path]; ok && !slices.Contains(callers, path) || slices.Contains(effects, name) {
		return lua.Cost{}
	}
	return anyCost
}
