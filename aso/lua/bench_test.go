package lua

import (
	"testing"
)

// BenchmarkPrograms measures what an instruction of common code takes.
func BenchmarkPrograms(b *testing.B) {
	for _, p := range []struct{ name, source string }{
		{"arithmetic", "local x = 0 for i = 1, 10000 do x = x + i * 3 - x / 7 end"},
		{"fields", "local t = {a = 1, b = 2} for i = 1, 10000 do t.a = t.b + i t.b = t.a - 1 end"},
		{"items", "local t = {} for i = 1, 10000 do t[i] = i end local s = 0 for i = 1, #t do s = s + t[i] end"},
		{"calls", "local function f(a, b) return a end for i = 1, 10000 do f(i, i) end"},
		{"remainders", "local n = 0 for i = 1, 10000 do n = n + i % 7 end"},
		{"pairs", "local t = {} for i = 1, 1000 do t[i] = i * 2 end local s = 0 for k = 1, 10 do for i = 1, #t do s = s + t[i] end end"},
		{"recursion", "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end return fib(18)"},
		{"closures", "local n = 0 local function add(x) n = n + x end for i = 1, 10000 do add(i) end"},
		{"strings", "local s = 'a' for i = 1, 10000 do local t = s .. i if t == 'b' then s = t end end"},
	} {
		b.Run(p.name, func(b *testing.B) {
			stmts, err := Parse(p.source, p.name, wide)
			if err != nil {
				b.Fatal(err)
			}
			proto, err := Compile(stmts, p.name)
			if err != nil {
				b.Fatal(err)
			}
			const budget = 1 << 60
			m := newMachine(b)
			m.Budget.Left = budget
			f := NewClosure(proto).Value()
			b.ReportAllocs()
			for b.Loop() {
				m.Call1(f)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(budget-m.Budget.Left), "ns/instruction")
		})
	}
}
