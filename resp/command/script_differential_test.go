package command_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"comet/aso/randtest"
)

// scriptWriter writes random scripts whose outcome does not depend on the order of tables.
type scriptWriter struct{ *rand.Rand }

func (w scriptWriter) pick(words ...string) string { return words[w.IntN(len(words))] }

// number is an expression that is a number.
func (w scriptWriter) number(depth int) string {
	if depth <= 0 {
		return w.pick("0", "1", "-1", "2.5", "-0.5", "1e15", "123456789012", "0.1", "3", "100", "#KEYS", "#ARGV", "1/3")
	}
	a, b := w.number(depth-1), w.number(depth-1)
	switch w.IntN(7) {
	case 0:
		return "#" + w.text(depth-1)
	case 1:
		return fmt.Sprintf("math.%s(%s)", w.pick("floor", "ceil", "abs"), a)
	case 2:
		return fmt.Sprintf("math.%s(%s, %s)", w.pick("max", "min"), a, b)
	case 3:
		return fmt.Sprintf("bit.%s(%s, %s)", w.pick("band", "bor", "bxor", "lshift", "rshift"), w.pick("1", "255", "70000", "-1"), w.pick("3", "8", "31"))
	}
	return fmt.Sprintf("(%s %s %s)", a, w.pick("+", "-", "*", "/"), b)
}

// text is an expression that is a string.
func (w scriptWriter) text(depth int) string {
	if depth <= 0 {
		return w.pick("'a'", "'abc'", "'1'", "'-7'", "'3.0'", "''", "'x y'", "KEYS[1]", "ARGV[1]", "ARGV[2]")
	}
	a, b := w.text(depth-1), w.text(depth-1)
	switch w.IntN(8) {
	case 0:
		return fmt.Sprintf("(%s .. %s)", a, b)
	case 1:
		return fmt.Sprintf("(%s .. %s)", a, w.number(depth-1))
	case 2:
		return fmt.Sprintf("tostring(%s)", w.number(0))
	case 3:
		return fmt.Sprintf("string.%s(%s)", w.pick("upper", "lower", "reverse"), a)
	case 4:
		return fmt.Sprintf("string.sub(%s, %s, %s)", a, w.pick("1", "2", "-2", "0"), w.pick("1", "3", "-1"))
	case 5:
		return fmt.Sprintf("string.format('%%%s', %s)", w.pick("5.2f", "g", "d", ".3e", "x"), w.pick("1", "2.75", "1e5", "255"))
	case 6:
		return fmt.Sprintf("cjson.encode(%s)", w.pick("{1,2,{3}}", "{a=1}", "'q\"'", "{}", "{1.5,true,cjson.null}"))
	}
	return fmt.Sprintf("redis.sha1hex(%s)", a)
}

// value is any expression.
func (w scriptWriter) value(depth int) string {
	switch w.IntN(9) {
	case 0:
		return w.text(depth)
	case 1:
		return w.pick("true", "false", "nil")
	case 2:
		if depth > 0 {
			return fmt.Sprintf("{%s, %s, %s}", w.value(depth-1), w.value(depth-1), w.value(depth-1))
		}
	case 3:
		return fmt.Sprintf("{%s = %s}", w.pick("ok", "err", "double"), w.pick("'some text'", "1.5", "'x'"))
	case 4:
		return fmt.Sprintf("cjson.decode('%s')", w.pick("[1,2,[]]", "null", "1.5", `"t"`, "[1", "{}"))
	case 5, 6:
		return w.command(depth)
	}
	return w.number(depth)
}

// command runs a command; some are wrong.
func (w scriptWriter) command(depth int) string {
	call := w.pick("call", "call", "pcall")
	key := w.pick("KEYS[1]", "KEYS[2]", "'k3'", "'k4'")
	arg := func() string {
		if w.IntN(2) == 0 {
			return w.number(min(depth, 1))
		}
		return w.text(min(depth, 1))
	}
	switch w.IntN(8) {
	case 0:
		return fmt.Sprintf("redis.%s('%s', %s)", call, w.pick("GET", "INCR", "TYPE", "EXISTS", "DEL", "STRLEN", "LLEN", "LPOP", "HLEN", "NOPE"), key)
	case 1:
		return fmt.Sprintf("redis.%s('HSET', %s, 'f', %s)", call, key, arg())
	case 2:
		return fmt.Sprintf("redis.%s('%s', %s, 0, -1)", call, w.pick("LRANGE", "GETRANGE", "ZRANGE"), key)
	case 3:
		return fmt.Sprintf("redis.%s('ZADD', %s, %s, 'm')", call, key, w.number(min(depth, 1)))
	case 4:
		return fmt.Sprintf("redis.%s('ZSCORE', %s, 'm')", call, key)
	case 5:
		return fmt.Sprintf("redis.%s('HGET', %s, 'f')", call, key)
	}
	return fmt.Sprintf("redis.%s('%s', %s, %s)", call, w.pick("SET", "APPEND", "RPUSH", "INCRBY", "INCRBYFLOAT", "SETNX", "GET"), key, arg())
}

func (w scriptWriter) statement(depth int) string {
	switch w.IntN(7) {
	case 0:
		return fmt.Sprintf("if %s then %s else %s end", w.value(0), w.statement(0), w.statement(0))
	case 1:
		if depth > 0 {
			return fmt.Sprintf("for i = 1, %d do %s end", w.IntN(4), w.statement(depth-1))
		}
	case 2:
		return fmt.Sprintf("local ok, e = pcall(function() return %s end) a = e", w.value(depth))
	case 3:
		return w.pick("redis.setresp(3)", "redis.setresp(2)", "a, b = b, a")
	case 4:
		return "b = " + w.value(depth)
	case 5:
		return "do local x = " + w.command(depth) + " end"
	}
	return "a = " + w.value(depth)
}

func (w scriptWriter) script() string {
	var s strings.Builder
	s.WriteString("local a, b ")
	for range w.IntN(4) {
		s.WriteString(w.statement(2) + " ")
	}
	return s.String() + "return " + w.pick("a", "b", "{a, b}", w.value(2))
}

// TestRandomScriptsAnswerAsRedis runs random scripts on a real redis-server and on ours.
func TestRandomScriptsAnswerAsRedis(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	seed := randtest.Seed(t)
	w := scriptWriter{rand.New(rand.NewPCG(seed, 0))}
	lines := []string{"# Random scripts"}
	for range 300 {
		command := "EVAL"
		if w.IntN(5) == 0 {
			command = "EVAL_RO"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s", command, strconv.Quote(w.script()), w.pick("1 k1 v 7", "2 k1 k2 3 4", "2 k3 k4 x 0.5")))
	}
	compareWithRedis(t, lines)
}
