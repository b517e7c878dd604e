package sandbox

import (
	"errors"
	"testing"
)

// runFunction runs the function of a name; the result is its error.
func runFunction(t *testing.T, pool *Pool, l *Library, name string) error {
	t.Helper()
	for _, fn := range l.Functions {
		if fn.Name == name {
			return pool.RunScript(&ScriptRun{Script: fn.Script, Host: &cannedHost{}, Reply: &shapeReplier{}})
		}
	}
	t.Fatalf("no function %s", name)
	return nil
}

func compileLibrary(t *testing.T, source string) *Library {
	t.Helper()
	l, err := CompileLibrary(source, Limits{}, func(int, string) {})
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return l
}

// TestLibraryThatAssignsItsVariablesIsAlone has libraries with f, which changes a variable of the library, or does not.
func TestLibraryThatAssignsItsVariablesIsAlone(t *testing.T) {
	for source, alone := range map[string]bool{
		"redis.register_function('f', function() return 1 end)": false,
		"local a = 1 local function g() return a end redis.register_function('f', function() local n = 0 local function h() n = n + g() end h() return n end)": false,
		"local n = 0 for i = 1, 3 do n = n + i end redis.register_function('f', function() return n end)":                                                      false,
		"local n = 0 redis.register_function('f', function() n = 1 end)":                                                                                       true,
		"local n = 0 redis.register_function('f', function() return function() return function() n = 1 end end end)":                                           true,
		"local n = 0 local function set() n = 1 end redis.register_function('f', function() set() end)":                                                        true,
		"local n = 0 local t = {x = {function() n = 1 end}} redis.register_function('f', function() t.x[1]() end)":                                             true,
		"local function make() local n = 0 return function() n = n + 1 end end redis.register_function('f', make())":                                           true,
		"local function make() local n = 0 return function() n = n + 1 end end redis.register_function('f', function() return make() end)":                     false,
		"local a, b = 1, 2 redis.register_function('f', function() a, b = b, a end)":                                                                           true,
	} {
		if l := compileLibrary(t, source); l.Alone() != alone {
			t.Errorf("alone is %v: %s", l.Alone(), source)
		}
	}
}

// TestWriteToATableOfALibraryEndsTheRun writes tables of a library by all ways there are. Nothing is written before the library is alone.
func TestWriteToATableOfALibraryEndsTheRun(t *testing.T) {
	const head = "local t = {3, 1, 2, x = {y = 1}} local function f() "
	const tail = " end redis.register_function('f', f) redis.register_function('sum', function() if #t ~= 3 or t.x.y ~= 1 or t[1] ~= 3 or t.z or getmetatable(t) then error('written') end end)"
	for _, write := range []string{
		"t.z = 1", "t[1] = 2", "t.x.y = 2", "t.x = nil", "rawset(t, 'z', 1)", "table.insert(t, 4)", "table.insert(t, 1, 4)", "table.remove(t)", "table.sort(t)",
		"setmetatable(t, {__index = function() end})", "local u = t.x u.y = 2", "pcall(function() t.z = 1 end)", "local m = setmetatable({}, {__newindex = t}) m.z = 1",
		"for k in pairs(t) do t[k] = nil end", "xpcall(function() t[1] = nil end, function() end)",
	} {
		pool := NewFunctionPool(1)
		l := compileLibrary(t, head+write+tail)
		if err := runFunction(t, pool, l, "f"); !errors.Is(err, ErrVariables) {
			t.Fatalf("%s: %v", write, err)
		}
		if err := runFunction(t, pool, l, "sum"); err != nil {
			t.Errorf("%s: %v", write, err)
		}
		l.RunAlone()
		if err := runFunction(t, pool, l, "f"); err != nil {
			t.Errorf("%s: %v", write, err)
		}
		if err := runFunction(t, pool, l, "sum"); err == nil {
			t.Errorf("%s: not written", write)
		}
	}
}

// TestVariablesAreCounted lets variables grow, without and with errors, and shrink.
func TestVariablesAreCounted(t *testing.T) {
	l := compileLibrary(t, `local kept = nil
redis.register_function('deep', function() for i = 1, 100 do kept = {kept, function() return i end} end end)
redis.register_function('fail', function() kept = function() return kept end error('x') end)
redis.register_function('drop', function() kept = nil end)`)
	pool := NewFunctionPool(1)
	size := int64(0)
	for range 200 {
		if err := runFunction(t, pool, l, "deep"); err != nil {
			t.Fatal(err)
		}
		size = l.Settle(1_000_000)
	}
	if size < 200*100*(tableBytes+functionBytes)/2 {
		t.Errorf("%d bytes", size)
	}
	_ = runFunction(t, pool, l, "drop")
	_ = runFunction(t, pool, l, "fail")
	size = l.Settle(size + countAfter)
	if size > 10_000 {
		t.Errorf("%d bytes are left", size)
	}
}

// FuzzLibrary loads any source as a library and runs its functions: all ends, and the interpreter does not fail.
func FuzzLibrary(f *testing.F) {
	for _, source := range []string{
		"redis.register_function('f', function(k, a) return redis.call('GET', k[1]) end)", "local n = 0 redis.register_function{function_name='g', callback=function() n = n + 1 return n end, flags={'no-writes'}}",
		"while true do end", "local t = {} redis.register_function('f', function() t[1] = t table.insert(t, t) return t end)", "redis.register_function('f', redis.register_function)",
		"local r = redis redis.register_function('f', function() return r.register_function('g', r.log) end)", "redis.log(redis.LOG_DEBUG, 'x') x = 1", "local function a() return b() end a()",
		"local t = {f = function() return string.rep('x', 9) end} redis.register_function('f', t.f) redis.register_function('F', function() t.f = nil end)",
	} {
		f.Add(source)
	}
	pool := NewFunctionPool(2)
	limits := Limits{Instructions: 100_000, Memory: 8 << 20, Source: 64 << 10}
	f.Fuzz(func(t *testing.T, source string) {
		l, err := CompileLibrary(source, limits, func(int, string) {})
		failed(t, source, err)
		if err != nil {
			return
		}
		for range 2 {
			for _, fn := range l.Functions {
				run := ScriptRun{Script: fn.Script, Host: &cannedHost{}, Keys: [][]byte{[]byte("k")}, Limits: limits, Reply: &shapeReplier{}}
				err := pool.RunScript(&run)
				failed(t, source, err)
				if errors.Is(err, ErrVariables) {
					l.RunAlone()
				}
				if l.Alone() {
					l.Settle(run.Used + countAfter)
				}
			}
		}
	})
}

// failed fails the test if the interpreter did.
func failed(t *testing.T, source string, err error) {
	t.Helper()
	var fault *ScriptFault
	if errors.As(err, &fault) && fault.Cause != nil {
		t.Fatalf("%q: %v", source, fault.Cause)
	}
}
