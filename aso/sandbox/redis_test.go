package sandbox

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"comet/aso/randtest"
	"comet/aso/redistest"
)

// TestLibrariesAgreeWithRedis compares the libraries that Redis adds to Lua with
// a real server, if there is one.
func TestLibrariesAgreeWithRedis(t *testing.T) {
	port := redistest.Start(t).Port
	exprs := append(redisExpressions(), randomDocuments(rand.New(rand.NewPCG(randtest.Seed(t), 2)))...)
	want := askRedis(t, port, exprs)
	pool := NewPool(1)
	for i, expr := range exprs {
		p, err := Compile(handlerSource(show+"return show(pcall(function() return "+expr+" end))"), Limits{})
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		out, err := pool.Run(&Run{Program: p, Handler: OnMessage, Host: &testHost{}})
		if err != nil {
			t.Errorf("%s: %v", expr, err)
		} else if signless(out.Value.Str) != signless(want[i]) {
			t.Errorf("%s\n  got  %s\n  want %s", expr, out.Value.Str, want[i])
		}
	}
	t.Logf("%d expressions", len(exprs))
}

func askRedis(t *testing.T, port string, exprs []string) []string {
	t.Helper()
	var script strings.Builder
	script.WriteString(show + "local out = {}\n")
	for _, expr := range exprs {
		script.WriteString("out[#out + 1] = show(pcall(function() return " + expr + " end))\n")
	}
	script.WriteString("return table.concat(out, '\\n')\n")
	path := filepath.Join(t.TempDir(), "exprs.lua")
	if err := os.WriteFile(path, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("redis-cli", "-p", port, "--eval", path).CombinedOutput()
	if err != nil {
		t.Fatalf("redis-cli: %v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(exprs) {
		t.Fatalf("%d lines for %d expressions: %.500s", len(lines), len(exprs), out)
	}
	return lines
}

func redisExpressions() []string {
	var out []string
	for _, n := range numbers {
		out = append(out, "cjson.encode({"+n+"})", "cmsgpack.pack("+n+")", "cmsgpack.unpack(cmsgpack.pack("+n+"))",
			"bit.tobit("+n+")", "bit.tohex("+n+")", "bit.bnot("+n+")", "bit.lshift("+n+", 3)", "bit.arshift("+n+", 3)")
	}
	for _, v := range []string{
		"true", "nil", "'text'", "('x'):rep(31)", "('x'):rep(32)", "('x'):rep(255)", "('x'):rep(256)", "{}", "{1, 2, 3}", "{a = 1}", "{[1] = 1, [3] = 3}",
		"{1, 2, a = 3}", "{{1}, {2}}", "{[0] = 1}", "{[-1] = 1}", "{[1.5] = 1}", "{[100] = 1}", "{true, false}", "{1, nil, 3}", "{[2] = 1}", "{['1'] = 1}",
		"127", "128", "255", "256", "65535", "65536", "-32", "-33", "-128", "-129", "-32768", "-32769", "2^31", "2^32", "-2^31", "-2^31 - 1", "1.5", "0.1", "-0.5",
		"'\\0\\1\\127\\128\\255'", "'\"/\\\\\\b\\f\\n\\r\\t'", "cjson.null", "tostring", "{{{{{{{{{{{{{{{{{{1}}}}}}}}}}}}}}}}}}", "{[{}] = 1}", "{[true] = 1}",
	} {
		out = append(out, "cjson.encode("+v+")", "cmsgpack.pack("+v+")", "cjson.encode({cmsgpack.unpack(cmsgpack.pack("+v+", 7))})")
	}
	for _, j := range []string{
		"[]", "{}", "[1,2,3]", `{"a":1}`, "null", "1", "-1", "1.5e3", `"x"`, "true", "[1,]", "[,1]", "[1 2]", `{"a"}`, `{"a":}`, `{a:1}`, "{1:1}", "tru", "nul", "",
		" [ 1 , 2 ] ", "[1]x", `"\u0041"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\x"`, `"a`, "01", "+1", ".5", "1.", "0x10", "nan", "inf", "Infinity", "-Infinity", "1e", "--1",
		`[[[[1]]]]`, `{"a":{"b":[1,{"c":null}]}}`, `"\/\b\f\n\r\t\"\\"`, "[1e400]", `"\u00e9"`, `"\u20ac"`, `"\u0000"`, "\\t[1]", "[true,false,null]",
		"1x", "1e+", "0x", "0x1p4", "1.5.5", "-", "-x", "[-]", "infx", "nanx", "truex", "-inf", "1e5x", "1_000", "[1.]", "[+x]", "[0x.8]", "1e5", "-0", "[01,0x1F]", "+inf", "iNf", "0xg", "\"a\"b",
	} {
		out = append(out, "cjson.encode(cjson.decode([==["+j+"]==]))", "tostring(cjson.decode([==["+j+"]==])):sub(1, 5)")
	}
	const wide = "{alpha = 1, beta = {x = 1, y = 2, z = 3}, gamma = 'g', delta = false, [10] = 1, [2] = 2, [1.5] = 3, k1 = 1, k2 = 2, k3 = 3, k4 = 4, k5 = 5}"
	out = append(out, "cjson.encode("+wide+")", "cjson.encode(cjson.decode(cjson.encode("+wide+")))", "cmsgpack.pack("+wide+")", "cjson.encode(cmsgpack.unpack(cmsgpack.pack("+wide+")))",
		"tostring(cjson.null)", "cjson.encode(cjson.decode('{\"b\":1,\"a\":{\"z\":[],\"y\":{}},\"c\":null,\"long key of some length\":[1,null,{\"q\":1,\"p\":2}]}'))")
	for _, f := range []string{
		"b", "B", "h", "H", "l", "L", "T", "i", "I", "i1", "i2", "i3", "i8", "I3", "f", "d", "x", "s", "c0", "c3", ">h", "<h", ">i4", ">d", "<f", "!4bi", "!8bd", "!bd", "bhil",
		"b b", "i33", "i0", "z", "!3b", ">I2<I2", "Bs", "c1", "n",
	} {
		out = append(out, "struct.pack('"+f+"', 65, 66, 67, 68)", "struct.pack('"+f+"', -2, -3, 4.7, 1e10)", "struct.pack('"+f+"', 'abc', 'def')", "struct.size('"+f+"')",
			`struct.unpack('`+f+`', '\1\2\3\4\5\6\7\8\9\10\0\12\13\14\15\16')`, `struct.unpack('`+f+`', '\255\254', 2)`, "struct.unpack('"+f+"', '')")
	}
	for _, f := range []string{"band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror"} {
		for _, args := range []string{"1, 2", "255, 15", "-1, 1", "0x80000000, 31", "1, 32", "1, 33", "1, -1", "1.5, 1", "2.5, 1", "'7', 2", "1", "", "2^40, 1"} {
			out = append(out, "bit."+f+"("+args+")")
		}
	}
	return append(out, "bit.bswap(0x12345678)", "bit.tohex(255, 2)", "bit.tohex(255, -4)", "bit.tohex(1, 0)", "bit.tohex(65535, -2147483648)", "bit.tohex(65535, -9)", "bit.tohex(1, 100)", "bit.tohex('x')",
		"cmsgpack.unpack_one(cmsgpack.pack(1, 2))", "cmsgpack.unpack_one(cmsgpack.pack(1, 2), 1)", "cmsgpack.unpack_limit(cmsgpack.pack(1, 2, 3), 2)", "cmsgpack.unpack_limit(cmsgpack.pack(1, 2, 3), 0)",
		"cmsgpack.unpack_one('', 0)", "cmsgpack.unpack_one('a', 5)", "cmsgpack.unpack_limit('a', -1)", "cmsgpack.unpack('')", "cmsgpack.pack()", "cmsgpack.unpack('\\193')", "cmsgpack.unpack('\\218')",
		"cmsgpack.unpack('\\217\\3abc')", "cmsgpack.unpack('\\196\\1a')", "cjson.encode_sparse_array()", "cjson.encode_max_depth()", "cjson.decode_max_depth()", "cjson.encode_number_precision()",
		"cjson.encode_keep_buffer()", "cjson.encode_invalid_numbers()", "cjson.decode_invalid_numbers()", "cjson.encode()", "cjson.encode(1, 2)", "cjson.decode()", "cjson.decode(1)", "cjson.decode({})",
		"struct.size('!3b')", "struct.pack('!32b', 1)", "struct.pack('i99999999999', 1)", "struct.pack('i40', 1)", "struct.unpack('b', 'abc', 0)", "struct.unpack('b', 'abc', 9)", "struct.unpack('bc0', '\\5abc')", "struct.pack('bs', 1, {})",
		"cmsgpack.unpack_one('abc', 9)", "cmsgpack.unpack_one('abc', -9)", "cmsgpack.unpack({})", "cmsgpack.unpack()", "cjson.encode_invalid_numbers('x')", "cjson.encode_max_depth(0)", "cjson.encode_max_depth({})", "cjson.decode_invalid_numbers(1, 2)",
		"cjson.encode_keep_buffer(1, 2)", "cjson.encode_sparse_array({}, {})", "cjson.encode({tostring})", "cjson.encode({1/0})", "bit.tobit('x')", "bit.tohex()", "table.nothing()", "cjson.encode(setmetatable({1}, {x = 1}))",
		"cjson._VERSION", "cjson._NAME", "cjson.encode_number_precision(20)", "cjson.encode_sparse_array(1, 2, 3, 4)")
}
