package sandbox

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

var loadFunctions = functions{"load": loadFn, "loadstring": loadstringFn}

// What compiling costs, besides what each byte of the source does.
const (
	compileWork  = 2000
	compileBytes = 64 << 10
)

func loadstringFn(L *lua.LState) int {
	source := argString(L, 1, "loadstring")
	return of(L).load(L, source, optString(L, 2, "loadstring", source))
}

// loadFn is load, which calls a function for the pieces of the source.
func loadFn(L *lua.LState) int {
	w, reader := of(L), argFunction(L, 1, "load")
	name := optString(L, 2, "load", "=(load)")
	var source strings.Builder
	for {
		results, ok := w.protected(L, reader, nil)
		if !ok {
			return push(L, lua.LNil, w.readerError(L, results[0]))
		}
		text := ""
		if len(results) > 0 && results[0] != lua.LNil {
			if text, ok = asText(results[0]); !ok {
				return push(L, lua.LNil, w.readerError(L, lua.LString(L.Where(1)+" reader function must return a string")))
			}
		}
		if text == "" {
			return w.load(L, source.String(), name)
		}
		w.alloc(2 * len(text))
		source.WriteString(text)
	}
}

// readerError is the error of the reader of load. As in Redis it is that of a reply, unless a protected call or a coroutine is around.
func (w *worker) readerError(L *lua.LState, v lua.LValue) lua.LValue {
	if text, ok := v.(lua.LString); ok && w.nested == 0 && w.env.co.current == nil {
		return w.errorTable(L, "ERR "+string(text))
	}
	return v
}

// load pushes the function that a source makes, or nil and the error.
func (w *worker) load(L *lua.LState, source, name string) int {
	w.work(compileWork + 8*len(source))
	w.alloc(compileBytes + 64*len(source))
	c, err := compileLoaded(chunkName(name, nameInErrors), source, w.class)
	if err != nil {
		text := err.Error()
		var ce *CompileError
		if errors.As(err, &ce) {
			text = fmt.Sprintf("%s:%d: %s", chunkName(name, nameOfSyntax), max(ce.Line, 1), ce.LuaText())
		}
		return push(L, lua.LNil, lua.LString(text))
	}
	L.Push(&lua.LFunction{Proto: c.proto, Env: w.class.library.env})
	for _, path := range c.builtins {
		L.Push(w.builtinValue(path))
	}
	L.Call(len(c.builtins), 1)
	return 1
}

// builtinValue returns what a name in a loaded source stands for: KEYS and ARGV are globals in scripts of EVAL.
func (w *worker) builtinValue(path string) lua.LValue {
	switch path {
	case "KEYS":
		return w.env.script.keys
	case "ARGV":
		return w.env.script.argv
	}
	return w.class.library.values[path]
}

func compileLoaded(name, source string, class *class) (*chunk, error) {
	stmts, err := parseChunk(name, source, scriptBounds.tokens)
	if err != nil {
		return nil, err
	}
	rw := newRewriter(class.library, scriptBounds)
	rw.script, rw.keys = true, class.keys
	return rw.compileBody(name, stmts)
}

// How much of a name Lua has room for, in errors of runs and of the compiler.
const (
	nameInErrors = 60
	nameOfSyntax = 80
)

// chunkName is how Lua names a source in messages.
func chunkName(name string, size int) string {
	switch {
	case strings.HasPrefix(name, "="):
		return clip(name[1:], size-1)
	case strings.HasPrefix(name, "@"):
		name = name[1:]
		if keep := size - 8; len(name) > keep {
			return "..." + name[len(name)-keep:]
		}
		return name
	}
	line := name
	if end := strings.IndexAny(name, "\r\n"); end >= 0 {
		line = name[:end]
	}
	if line = clip(line, size-17); len(line) < len(name) {
		line += "..."
	}
	return `[string "` + line + `"]`
}
