// Package sandboxtest makes random handlers, for tests of what runs them.
package sandboxtest

import (
	"fmt"
	"strings"
)

// Program returns the source of a handler called name that seed determines. It is nearly always accepted by the compiler, and does
// anything that handlers can do: most runs do something sensible, many fail, some run into limits.
func Program(name string, seed []byte) string {
	g := &generator{seed: seed}
	g.line("#!lua name=%s", name)
	if g.pick(2) == 1 {
		g.line("params = { p = { type = %s, default = %s } }", g.one(`"int"`, `"number"`, `"duration"`, `"int"`), g.one("1", "0", "100", "7"))
	}
	for i := range g.pick(3) {
		g.line("local K%d = %s", i, g.constant())
		g.vars = append(g.vars, fmt.Sprint("K", i))
	}
	for i := range g.pick(3) {
		g.line("local function f%d(self, ev, x, ...)", i)
		g.scope(func() { g.body(2, "x") })
		g.functions = append(g.functions, fmt.Sprint("f", i))
	}
	for i, event := range []string{"onMessage", "onUpdate", "onPut", "onGet", "onDelete", "onTimer", "onExpire", "onAttach"} {
		if i == 0 || g.pick(5) > 2 {
			g.line("function %s(self, ev)", event)
			g.scope(func() { g.body(4) })
		}
	}
	return g.out.String()
}

// maxLines bounds a program, whose source the compiler bounds too.
const maxLines = 150

type generator struct {
	seed      []byte
	at        int
	out       strings.Builder
	lines     int
	depth     int // of blocks
	loops     int
	vars      []string // that can be read
	mine      []string // that can be assigned, too
	functions []string
	counter   int
}

// pick returns a number below n from the seed, 0 when that is used up: the first choice is always the simplest.
func (g *generator) pick(n int) int {
	if g.at >= len(g.seed) {
		return 0
	}
	g.at++
	return int(g.seed[g.at-1]) % n
}

func (g *generator) one(choices ...string) string { return choices[g.pick(len(choices))] }

func (g *generator) line(format string, args ...any) {
	g.lines++
	g.out.WriteString(strings.Repeat("  ", g.depth))
	fmt.Fprintf(&g.out, format+"\n", args...)
}

// scope runs body in a block of the program and closes the block.
func (g *generator) scope(body func()) {
	vars, mine, functions := len(g.vars), len(g.mine), len(g.functions)
	g.depth++
	body()
	g.depth--
	g.vars, g.mine, g.functions = g.vars[:vars], g.mine[:mine], g.functions[:functions]
	g.line("end")
}

func (g *generator) loop(body func()) {
	g.loops++
	g.scope(body)
	g.loops--
}

// body writes the statements of a function with the given parameters.
func (g *generator) body(statements int, params ...string) {
	loops := g.loops
	g.loops = 0
	g.vars = append(g.vars, params...)
	g.mine = append(g.mine, params...)
	g.statements(statements)
	if g.pick(2) == 1 {
		g.line("return %s", g.result())
	}
	g.loops = loops
}

func (g *generator) statements(n int) {
	for range 1 + g.pick(n) {
		if g.lines > maxLines || g.depth > 6 {
			return
		}
		g.statement()
	}
}

func (g *generator) fresh() string {
	g.counter++
	return fmt.Sprint("v", g.counter)
}

func (g *generator) declare(name string) {
	g.vars = append(g.vars, name)
	g.mine = append(g.mine, name)
}

func (g *generator) statement() {
	switch g.pick(20) {
	case 0, 1:
		name := g.fresh()
		g.line("local %s = %s", name, g.expr(3))
		g.declare(name)
	case 2, 3:
		g.line("self.state.%s = %s", g.one("a", "b", "c"), g.expr(3))
	case 4, 5, 6:
		g.line("%s", g.effect())
	case 7:
		if len(g.mine) > 0 {
			g.line("%s = %s", g.one(g.mine...), g.expr(3))
		}
	case 8:
		g.line("if %s then", g.expr(2))
		g.scope(func() { g.statements(2) })
	case 9:
		name := g.fresh()
		g.line("for %s = %s, %s, %s do", name, g.number(), g.number(), g.one("1", "-1", "0.5", "3", "0"))
		g.loop(func() { g.declare(name); g.statements(2) })
	case 10:
		k, v := g.fresh(), g.fresh()
		g.line("for %s, %s in %s(%s) do", k, v, g.one("pairs", "ipairs"), g.table(2))
		g.loop(func() { g.declare(k); g.declare(v); g.statements(2) })
	case 11:
		name := g.fresh()
		g.line("local %s = 0", name)
		g.line("while %s < %s do", name, g.number())
		g.loop(func() { g.line("%s = %s + 1", name, name); g.declare(name); g.statements(2) })
	case 12:
		g.line("local ok%d, e%d = pcall(function(...)", g.counter, g.counter)
		g.depth++
		vars, mine, functions := len(g.vars), len(g.mine), len(g.functions)
		g.body(2)
		g.vars, g.mine, g.functions = g.vars[:vars], g.mine[:mine], g.functions[:functions]
		g.depth--
		g.line("end, %s)", g.expr(1))
		g.vars = append(g.vars, fmt.Sprint("e", g.counter))
	case 13:
		name := "f" + g.fresh()
		g.line("local function %s(self, ev, x, ...)", name)
		g.scope(func() { g.body(2, "x") })
		g.functions = append(g.functions, name)
	case 14:
		if len(g.vars) > 0 {
			g.line("pcall(rawset, %s, %s, %s)", g.one(g.vars...), g.expr(1), g.expr(1))
		}
	case 15:
		g.line("table.%s(%s, %s)", g.one("insert", "remove", "sort", "concat"), g.table(2), g.one("", "1, ", "2, ")+g.expr(1))
	case 16:
		g.line("do")
		g.scope(func() { g.statements(3) })
	case 17:
		if g.loops > 0 {
			g.line("if %s then break end", g.expr(2))
		}
	case 18:
		g.line("if %s then return %s end", g.expr(2), g.result())
	case 19:
		g.line("if %s then error(%s) end", g.expr(2), g.expr(2))
	}
}

// effect is a statement that changes more than the state.
func (g *generator) effect() string {
	switch g.pick(19) {
	case 0:
		return fmt.Sprintf("log(%s)", g.expr(2))
	case 12:
		return fmt.Sprintf("self:emit(%s, %s)", g.one(`"e"`, `"put"`, g.expr(1)), g.expr(2))
	case 13:
		return fmt.Sprintf("self:send(%s, %s, %s, { %s = %s })", g.one(`"victim"`, `"near"`, `"gone"`, "self.key"), g.one(`"m"`, `"n"`), g.expr(1),
			g.one("delay", "id", "reply", "at", "x"), g.one("10", `"r"`, `"d"`, g.expr(1)))
	case 14:
		return fmt.Sprintf("self:reply(%s, %s)", g.one("ev.reply_to", "self.state.a", `"o"`), g.expr(2))
	case 15:
		return "self.state.a = ev.reply_to"
	case 16:
		return fmt.Sprintf(`self:timer("c", { cron = %s, tz = %s, catchup = %s, retry = %s, count = %s, jitter = %s })`, g.one(`"* * * * *"`, `"@hourly"`, `"0 0 29 2 *"`, `"x"`, g.expr(1)),
			g.one(`"UTC"`, `"Europe/Berlin"`, "nil", `"Nowhere"`), g.one(`"one"`, `"skip"`, `"all"`, "1"), g.number(), g.number(), g.number())
	case 17:
		return fmt.Sprintf("pcall(self.callkey, self, %s, %s, %s)", g.one(`"near"`, `"other"`, `"hash"`, "self.key"), g.one(`"SET"`, `"DEL"`, `"GET"`), g.expr(1))
	case 11:
		return fmt.Sprintf(`pcall(self.%s, self, %s, "m", %s)`, g.one("send", "reply"), g.one(`"near"`, `"victim"`, `"other"`, g.expr(1)), g.expr(2))
	case 1, 2:
		return fmt.Sprintf("self:call(%s)", g.one(
			`"SET", `+g.expr(1), `"APPEND", "x"`, `"GET"`, `"DEL"`, `"STRLEN"`, `"HSET", "f", `+g.expr(1), `"LPUSH", 1, 2, 3`, `"INCR"`,
			`"EXPIRE", 100`, `"SADD", `+g.expr(1)+", "+g.expr(1), `"ZADD", 1, "m"`, `"PERSIST"`, `"RENAME", "other"`, `"FLUSHALL"`, `"GET", "other"`, g.expr(1)))
	case 3:
		return fmt.Sprintf("self:expire(%s)", g.number())
	case 4:
		return "self:persist()"
	case 5:
		return "self:delete()"
	case 6:
		return fmt.Sprintf("self:timer(%s, { %s = %s, data = %s })", g.one(`"t"`, `"u"`, g.expr(1)), g.one("in_ms", "every", "at", "x"), g.number(), g.expr(1))
	case 7:
		return fmt.Sprintf("self:cancel(%s)", g.one(`"t"`, `"u"`, g.expr(1)))
	case 8:
		return fmt.Sprintf("self:publish(%s, %s)", g.one(`"c"`, g.expr(1)), g.expr(1))
	case 9:
		return fmt.Sprintf("self.state[%s] = %s", g.expr(2), g.expr(2))
	case 10:
		return fmt.Sprintf("local n%d = #self:timers()", g.counter)
	default:
		return fmt.Sprintf("pcall(self.call, self, %s, %s)", g.one(`"SET"`, `"HSET"`, `"GET"`), g.expr(2))
	}
}

// result is what a handler returns.
func (g *generator) result() string {
	switch g.pick(9) {
	case 0:
		return "nil"
	case 8:
		return "wait(" + g.one("", g.number()) + ")"
	case 1:
		return "deny(" + g.expr(1) + ")"
	case 2:
		return "keep(" + g.one("", g.number()) + ")"
	case 3:
		return "missing()"
	default:
		return g.expr(3)
	}
}

func (g *generator) number() string {
	return g.one("1", "0", "3", "10", "100", "-1", "2.5", "1000", "1e6", "2 ^ 53", "-1e300", "0 / 0", "1 / 0")
}

// constant is an expression that the top level allows.
func (g *generator) constant() string {
	return g.one("1", `"text"`, "{ 1, 2, 3 }", "{ a = { 1 }, b = 'x' }", "1e9", `"a" .. "b"`, "{}", "-2 ^ 10", "true")
}

func (g *generator) table(depth int) string {
	if len(g.vars) > 0 && g.pick(3) == 1 {
		return g.one(g.vars...)
	}
	return g.one("self.state", "{ 1, 2, 3 }", "{ "+g.expr(depth-1)+", "+g.expr(depth-1)+" }", "{ x = "+g.expr(depth-1)+" }", "ev.args", "self.state.a or {}")
}

// expr is an expression of at most the given depth.
func (g *generator) expr(depth int) string {
	if depth <= 0 {
		return g.leaf()
	}
	sub := func() string { return g.expr(depth - 1) }
	switch g.pick(22) {
	case 0, 1, 2, 3, 4, 5:
		return g.leaf()
	case 6:
		return "(" + sub() + " " + g.one("+", "-", "*", "/", "%", "^") + " " + sub() + ")"
	case 7:
		return "(" + sub() + " .. " + sub() + ")"
	case 8:
		return "(" + sub() + " " + g.one("==", "~=", "<", ">", "<=", ">=") + " " + sub() + ")"
	case 9:
		return "(" + sub() + " " + g.one("and", "or") + " " + sub() + ")"
	case 10:
		return g.one("not ", "-", "#") + "(" + sub() + ")"
	case 11:
		return g.table(depth)
	case 12:
		return "tostring(" + sub() + ")"
	case 13:
		return "(tonumber(" + sub() + ") or 0)"
	case 14:
		return "type(" + sub() + ")"
	case 15:
		return "(" + g.table(depth) + ")[" + sub() + "]"
	case 16:
		return g.library(sub)
	case 17:
		if len(g.functions) > 0 {
			return g.one(g.functions...) + "(self, ev, " + sub() + ", " + sub() + ")"
		}
		return g.leaf()
	case 18:
		return "(function(...) local a, b = ... return " + sub() + " end)(" + sub() + ")"
	case 19:
		return "setmetatable({}, { " + g.one("__index", "__newindex", "__call", "__concat", "__eq", "__len", "__tostring") + " = function(a, b) return " + sub() + " end })"
	case 20:
		return "select(2, pcall(function() return " + sub() + " end))"
	default:
		return "self:call(" + g.one(`"GET"`, `"TYPE"`, `"STRLEN"`, `"HGETALL"`, `"TTL"`) + ")"
	}
}

func (g *generator) library(sub func() string) string {
	switch g.pick(14) {
	case 0:
		return "string.rep(" + sub() + ", " + g.number() + ")"
	case 1:
		return "string.sub(" + sub() + ", " + g.number() + ", " + g.number() + ")"
	case 2:
		return "string.gsub(" + sub() + ", " + g.one(`"."`, `"%w+"`, `"(.-)x"`, `"[^a]*"`, sub()) + ", " + sub() + ")"
	case 3:
		return "string.format(" + g.one(`"%d"`, `"%s"`, `"%5.1f"`, `"%q"`, `"%x"`, sub()) + ", " + sub() + ")"
	case 4:
		return "string.find(" + sub() + ", " + g.one(`"a"`, `".*b"`, `"%f[%w]"`, sub()) + ")"
	case 5:
		return "cjson.encode(" + sub() + ")"
	case 6:
		return "cjson.decode(" + g.one(`"[1,{\"a\":null}]"`, "cjson.encode("+sub()+")", sub()) + ")"
	case 7:
		return "cmsgpack.unpack(cmsgpack.pack(" + sub() + "))"
	case 8:
		return "math." + g.one("floor", "max", "sqrt", "random", "abs") + "(" + sub() + ")"
	case 9:
		return "table.concat(" + sub() + ", " + sub() + ")"
	case 10:
		return "hash.sha256(" + sub() + ")"
	case 11:
		return "unpack(" + sub() + ")"
	case 12:
		return g.one("now()", "rand()", "uuid()", "#uuid()")
	default:
		return "bit." + g.one("band", "bor", "bxor", "lshift") + "(" + sub() + ", 3)"
	}
}

func (g *generator) leaf() string {
	if len(g.vars) > 0 && g.pick(3) == 1 {
		return g.one(g.vars...)
	}
	return g.one("1", `"x"`, "nil", "true", "false", "{}", "self.state.a", "self.state.b", "self.value", "self.key", "self.type", "ev.now", "ev.new", "ev.old",
		"ev.ttl", "ev.args", "ev.payload", "ev.message", "self.params.p", g.number(), `"10"`, `("long "):rep(100)`, "self.state", "ev.data", `""`, "self:ttl()")
}
