package sandbox

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"comet/aso/randtest"
)

// randomTables returns expressions that write, remove and insert keys at random, and list what is in the table then.
func randomTables(r *rand.Rand) (out []string) {
	for range 300 {
		var b strings.Builder
		b.WriteString("(function() local o, t = {}, {" + randomConstructor(r) + "} ")
		for range 1 + r.IntN(60) {
			b.WriteString(randomWrite(r) + " ")
		}
		b.WriteString("for k, v in pairs(t) do o[#o + 1] = tostring(k) .. '=' .. tostring(v) end return #t, table.maxn(t), table.concat(o, ' ') end)()")
		out = append(out, b.String())
	}
	return out
}

func randomConstructor(r *rand.Rand) string {
	var items []string
	for range r.IntN(8) {
		switch r.IntN(4) {
		case 0:
			items = append(items, fmt.Sprintf("k%d = %d", r.IntN(20), r.IntN(99)))
		case 1:
			items = append(items, fmt.Sprintf("[%s] = %d", randomKey(r), r.IntN(99)))
		default:
			items = append(items, []string{"1", "'x'", "nil", "true"}[r.IntN(4)])
		}
	}
	return strings.Join(items, ", ")
}

func randomKey(r *rand.Rand) string {
	switch r.IntN(6) {
	case 0:
		return fmt.Sprintf("'key %d'", r.IntN(40))
	case 1:
		return fmt.Sprint(float64(r.IntN(200)-100) / 8)
	case 2:
		return fmt.Sprintf("%d", r.Int64N(1<<40)-1<<20)
	case 3:
		return fmt.Sprintf("'%s'", strings.Repeat("ab", r.IntN(40))+fmt.Sprint(r.IntN(9)))
	case 4:
		return []string{"true", "false", "'n'", "1/0", "0"}[r.IntN(5)] // lua5.1 takes -0 for 0 if a function has both
	}
	return fmt.Sprint(1 + r.IntN(24))
}

func randomWrite(r *rand.Rand) string {
	switch r.IntN(9) {
	case 0:
		return fmt.Sprintf("t[%s] = nil", randomKey(r))
	case 1:
		return fmt.Sprintf("table.insert(t, %d)", r.IntN(99))
	case 2:
		return "table.remove(t)"
	case 3:
		return fmt.Sprintf("if #t > 2 then table.insert(t, 2, %d) end", r.IntN(99))
	case 4:
		return "for k in pairs(t) do if type(k) == 'string' then t[k] = nil break end end"
	case 5:
		return fmt.Sprintf("for i = %d, %d do t[i] = i end", r.IntN(5)-1, r.IntN(40))
	}
	return fmt.Sprintf("t[%s] = %d", randomKey(r), r.IntN(99))
}

// TestRandomTablesAgreeWithLua compares the order and the length of tables with the lua5.1 binary, if there is one.
func TestRandomTablesAgreeWithLua(t *testing.T) {
	agreeWithLua(t, randomTables(rand.New(rand.NewPCG(randtest.Seed(t), 1))))
}

// randomDocuments returns expressions that take JSON of random keys to a table and back, by JSON and by MessagePack.
func randomDocuments(r *rand.Rand) (out []string) {
	for range 200 {
		document := "cjson.decode([==[" + randomDocument(r, 4) + "]==])"
		out = append(out, "cjson.encode("+document+")", "cmsgpack.pack("+document+")", "cjson.encode(cmsgpack.unpack(cmsgpack.pack("+document+")))")
	}
	return out
}

func randomDocument(r *rand.Rand, depth int) string {
	var parts []string
	switch kind := r.IntN(6); {
	case depth > 0 && kind < 3:
		for range r.IntN(12) {
			parts = append(parts, fmt.Sprintf(`"%s%d":%s`, []string{"", "id", "name of ", "\\u00e9"}[r.IntN(4)], r.IntN(50), randomDocument(r, depth-1)))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case depth > 0 && kind == 3:
		for range r.IntN(9) {
			parts = append(parts, randomDocument(r, depth-1))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	return []string{"1", "-2.5", "null", "true", `"text"`, `"\n\u0001"`, "1e20", "0.1", "123456789012"}[r.IntN(9)]
}
