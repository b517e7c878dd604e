package sandbox

import (
	"slices"
	"strings"

	"comet/aso/lua"
)

const errFunctionName = "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"

// IsFunctionName reports whether a library or a function may have a name.
func IsFunctionName(name string) bool {
	for i := range len(name) {
		if !isNameByte(name[i]) {
			return false
		}
	}
	return name != ""
}

// registerFunctionFn is redis.register_function(name, callback), or with a table of named arguments.
func registerFunctionFn(L *lua.State) int {
	w := of(L)
	l := w.env.script.loading
	if l == nil {
		w.throw(L, "ERR redis.register_function can only be called on FUNCTION LOAD command")
	}
	fn, problem := &Function{}, ""
	switch L.GetTop() {
	case 1:
		problem = fn.named(L, L.Get(1))
	case 2:
		problem = fn.positional(L.Get(1), L.Get(2))
	default:
		problem = "ERR wrong number of arguments to redis.register_function"
	}
	if problem == "" {
		problem = l.register(fn)
	}
	if problem != "" {
		w.throw(L, problem)
	}
	w.Charge(tableBytes + len(fn.Name) + len(fn.Description) + 16*len(fn.Flags))
	return 0
}

func (l *Library) register(fn *Function) (problem string) {
	switch {
	case !IsFunctionName(fn.Name):
		return errFunctionName
	case slices.ContainsFunc(l.Functions, func(f *Function) bool { return f.Name == fn.Name }):
		return "ERR Function already exists in the library"
	}
	l.Functions = append(l.Functions, fn)
	return ""
}

func (fn *Function) positional(name, callback lua.Value) (problem string) {
	text, ok := asText(name)
	if !ok {
		return "ERR first argument to redis.register_function must be a string"
	}
	fn.Name = text
	if !fn.callback(callback) {
		return "ERR second argument to redis.register_function must be a function"
	}
	return ""
}

func (fn *Function) callback(v lua.Value) bool {
	fn.Script = &Script{main: v.Function()}
	return v.Function() != nil
}

// named reads the table of named arguments.
func (fn *Function) named(L *lua.State, v lua.Value) (problem string) {
	t := v.Table()
	if t == nil {
		return "ERR calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments)."
	}
	named := false
	for key, value, _ := t.Next(lua.Nil); !key.IsNil(); key, value, _ = t.Next(key) {
		of(L).work(2)
		name, ok := asText(key)
		if !ok {
			return "ERR named argument key given to redis.register_function is not a string"
		}
		name = strings.ToLower(name)
		if problem := fn.argument(name, value); problem != "" {
			return problem
		}
		named = named || name == "function_name"
	}
	switch {
	case !named:
		return "ERR redis.register_function must get a function name argument"
	case fn.Script == nil:
		return "ERR redis.register_function must get a callback argument"
	}
	return ""
}

func (fn *Function) argument(name string, v lua.Value) (problem string) {
	var ok bool
	must := "a string"
	switch name {
	case "function_name":
		fn.Name, ok = asText(v)
	case "description":
		fn.Description, ok = asText(v)
		fn.Described = ok
	case "callback":
		ok, must = fn.callback(v), "a function"
	case "flags":
		if t := v.Table(); t != nil {
			return fn.readFlags(t)
		}
		return "ERR flags argument to redis.register_function must be a table representing function flags"
	default:
		return "ERR unknown argument given to redis.register_function"
	}
	if !ok {
		return "ERR " + name + " argument given to redis.register_function must be " + must
	}
	return ""
}

// functionFlags are what a function may say of itself, in the order in which Redis lists them.
var functionFlags = []string{"no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"}

func (fn *Function) readFlags(t *lua.Table) (problem string) {
	given := map[string]bool{}
	for i := 1; !t.GetInt(i).IsNil(); i++ {
		text, _ := asText(t.GetInt(i))
		text = strings.ToLower(text)
		if !slices.Contains(functionFlags, text) {
			return "ERR unknown flag given"
		}
		given[text] = true
	}
	for _, name := range functionFlags {
		if given[name] {
			fn.Flags = append(fn.Flags, name)
		}
	}
	return ""
}
