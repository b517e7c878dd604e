package sandbox

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

// runSource runs a script with small limits.
func runSource(t *testing.T, pool *Pool, source string) error {
	t.Helper()
	limits := Limits{Instructions: 100_000, Memory: 8 << 20, Time: 10 * time.Second}
	script, err := CompileScript(source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return pool.RunScript(&ScriptRun{Script: script, Host: &cannedHost{}, Limits: limits, Reply: &shapeReplier{}})
}

// settled waits until there are no more than n goroutines.
func settled(n int) bool {
	for range 100_000 {
		if runtime.NumGoroutine() <= n {
			return true
		}
		runtime.Gosched()
	}
	return false
}

// TestNoCoroutineOutlivesItsRun leaves coroutines unfinished in runs that end in all ways there are.
func TestNoCoroutineOutlivesItsRun(t *testing.T) {
	const leave = "local all = {} for i = 1, 20 do all[i] = coroutine.create(function() coroutine.yield(1) error('late') end) coroutine.resume(all[i]) end all[0] = coroutine.create(function() end) "
	pool := NewScriptPool(4)
	before := runtime.NumGoroutine()
	for _, end := range []string{
		"return 1", "error('x')", "while true do end", "coroutine.wrap(function() error('x') end)()", "coroutine.wrap(function() while true do end end)()", "return string.rep('x', 1e9)",
		"coroutine.wrap(function() coroutine.wrap(function() while true do pcall(error) end end)() end)()", "pcall(coroutine.wrap(function() string.rep('x', 1e9) end)) return 1",
		"coroutine.resume(coroutine.create(function() pcall(coroutine.resume, coroutine.create(function() while true do end end)) end)) return 1",
		"local function f() return coroutine.wrap(f)() end f()", "while true do coroutine.create(function() end) end", "while true do coroutine.wrap(function() coroutine.yield() end)() end",
		"local co co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end",
	} {
		err := runSource(t, pool, leave+end)
		var limit *LimitError
		if wants := strings.Contains(end, "while") || strings.Contains(end, "1e9"); wants != errors.As(err, &limit) {
			t.Errorf("%s: %v", end, err)
		}
		if !settled(before) {
			t.Fatalf("%s: %d goroutines, before %d", end, runtime.NumGoroutine(), before)
		}
		if err := runSource(t, pool, "local co = coroutine.wrap(function() return 1 end) return co()"); err != nil {
			t.Errorf("after %s: %v", end, err)
		}
	}
}

// TestCoroutinesDoNotOutliveARunInVariables keeps coroutines in a variable of a library: in the next run they have ended.
func TestCoroutinesDoNotOutliveARunInVariables(t *testing.T) {
	l := compileLibrary(t, `local co, wrapped, fresh
redis.register_function('make', function()
  co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co)
  wrapped = coroutine.wrap(function() coroutine.yield() end)
  fresh = coroutine.create(function() end)
end)
redis.register_function('use', function()
  local ok, err = coroutine.resume(co)
  local okFresh = coroutine.resume(fresh)
  local okWrapped, errWrapped = pcall(wrapped)
  if ok or okFresh or okWrapped or coroutine.status(co) ~= 'dead' then error('alive') end
  if err ~= 'cannot resume dead coroutine' or not errWrapped:find('cannot resume dead coroutine', 1, true) then error(err .. errWrapped) end
end)`)
	pool := NewFunctionPool(1)
	for range 3 {
		if err := runFunction(t, pool, l, "make"); err != nil {
			t.Fatal(err)
		}
		if err := runFunction(t, pool, l, "use"); err != nil {
			t.Fatal(err)
		}
	}
	if size := l.Settle(2 * countAfter); size < 2*2048 {
		t.Errorf("%d bytes", size)
	}
}

// TestCompilingIsCharged lets scripts compile without end.
func TestCompilingIsCharged(t *testing.T) {
	pool := NewScriptPool(1)
	for _, source := range []string{
		"while true do loadstring('return 1') end", "local s = 'x = 1 ' while true do s = s .. s loadstring(s) end", "while true do load(function() end) end", "load(function() return 'x = 1 ' end)",
		"loadstring('while true do end')()",
	} {
		var limit *LimitError
		if err := runSource(t, pool, source); !errors.As(err, &limit) {
			t.Errorf("%s: %v", source, err)
		}
	}
}
