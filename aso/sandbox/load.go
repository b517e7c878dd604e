package sandbox

import (
	"errors"
	"fmt"
	"strings"

	"comet/aso/lua"
)

var loadFunctions = functions{"load": loadFn, "loadstring": loadstringFn}

// What compiling costs, besides what each byte of the source does.
const (
	compileWork  = 2000
	compileBytes = 64 << 10
)

func loadstringFn(L *lua.State) int {
	source := argString(L, 1)
	return of(L).load(L, source, optString(L, 2, source))
}

// loadFn is load, which calls a function for the pieces of the source.
func loadFn(L *lua.State) int {
	w, reader := of(L), argFunction(L, 1)
	name := optString(L, 2, "=(load)")
	var source strings.Builder
	for {
		results, err := L.PCall(reader.Value())
		if err != nil {
			return push(L, lua.Nil, w.readerError(L, err.Value))
		}
		text := ""
		if len(results) > 0 && !results[0].IsNil() {
			var ok bool
			if text, ok = asText(results[0]); !ok {
				return push(L, lua.Nil, w.readerError(L, lua.String(L.Where(1)+"reader function must return a string")))
			}
		}
		if text == "" {
			return w.load(L, source.String(), name)
		}
		w.Charge(2 * len(text))
		source.WriteString(text)
	}
}

// protected is L.PCall for pcall and xpcall.
func (w *worker) protected(L *lua.State, fn lua.Value, args ...lua.Value) ([]lua.Value, *lua.Error) {
	w.env.caught++
	results, err := L.PCall(fn, args...)
	w.env.caught--
	return results, err
}

// readerError is the error of the reader of load. As in Redis it is that of a reply, unless a protected call or a coroutine is around.
func (w *worker) readerError(L *lua.State, v lua.Value) lua.Value {
	if text, ok := v.Text(); ok && w.env.caught == 0 && L.Running() == nil {
		return w.errorTable(L, "ERR "+text).Value()
	}
	return v
}

// load pushes the function that a source makes, or nil and the error.
func (w *worker) load(L *lua.State, source, name string) int {
	w.work(compileWork + 8*len(source))
	w.Charge(compileBytes + 64*len(source))
	proto, err := w.compileLoaded(chunkName(name, nameInErrors), source, L.Nested())
	if err != nil {
		text := err.Error()
		var ce *CompileError
		if errors.As(err, &ce) {
			text = fmt.Sprintf("%s:%d: %s", chunkName(name, nameOfSyntax), max(ce.Line, 1), ce.Msg)
		}
		return push(L, lua.Nil, lua.String(text))
	}
	proto.SetSource(beforeNUL(name))
	return push(L, lua.NewClosure(proto).Value())
}

// compileLoaded compiles a source for this run, so many calls deep. KEYS and ARGV are globals in scripts of EVAL.
func (w *worker) compileLoaded(name, source string, calls int) (*lua.Proto, error) {
	bounds := scriptBounds
	bounds.Calls = calls
	stmts, err := parseChunk(name, source, bounds)
	if err != nil {
		return nil, err
	}
	r := newScriptResolver(w.class.library)
	if w.class.keys {
		r.given = given{nameKeys: w.env.script.keys.Value(), nameArgv: w.env.script.argv.Value()}
	}
	r.block(stmts)
	return r.compile(stmts, name)
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
