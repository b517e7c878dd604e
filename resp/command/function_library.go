package command

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/resp/wire"
)

// library is a compiled library of functions. Its source is in the keyspace.
type library struct {
	name    string
	text    *aso.Library
	code    *sandbox.Library
	scripts []*script // its functions
}

// functionSet is the compiled libraries of a table of libraries. It is immutable.
type functionSet struct {
	of        *aso.LibraryTable
	libraries map[string]*library
	functions map[string]*script // by name in lower case, as Redis finds them
}

// functions are what is compiled of the libraries of the keyspace, and which functions run.
type functions struct {
	scriptRuns
	set atomic.Pointer[functionSet]

	mu   sync.Mutex    // a leaf lock
	busy *functionCall // the one that began last; guarded by mu, with the rest of the list
}

// functionCall is a function that runs.
type functionCall struct {
	name          string
	args          [][]byte      // borrowed
	began         time.Duration // since the server was started
	before, after *functionCall
}

func newFunctions() *functions {
	f := &functions{}
	f.pool = sandbox.NewFunctionPool(idleScripts)
	f.set.Store(newFunctionSet(nil))
	return f
}

func (f *functions) began(r *scriptRun, sc *script) {
	call := &r.function
	call.name, call.args, call.began = sc.name, r.c.Args, r.c.began
	if call.began == 0 {
		call.began = time.Since(r.c.Server.started)
	}
	f.mu.Lock()
	if call.before = f.busy; f.busy != nil {
		f.busy.after = call
	}
	f.busy = call
	f.mu.Unlock()
}

func (f *functions) ended(r *scriptRun) {
	call := &r.function
	f.mu.Lock()
	if call.after == nil {
		f.busy = call.before
	} else {
		call.after.before = call.before
	}
	if call.before != nil {
		call.before.after = call.after
	}
	f.mu.Unlock()
	*call = functionCall{}
}

func newFunctionSet(of *aso.LibraryTable) *functionSet {
	return &functionSet{of: of, libraries: map[string]*library{}, functions: map[string]*script{}}
}

// add adds a library. Of functions whose names differ in case alone, the first one is found.
func (set *functionSet) add(lib *library) {
	set.libraries[lib.name] = lib
	for _, sc := range lib.scripts {
		name := strings.ToLower(sc.name)
		if set.functions[name] == nil {
			set.functions[name] = sc
		}
	}
}

// functionSet returns the compiled libraries of the keyspace. What a restart brought, or a restored payload, is compiled here.
func (s *Server) functionSet() *functionSet {
	of := s.ks.Libraries()
	set := s.functions.set.Load()
	if set.of == of {
		return set
	}
	next := newFunctionSet(of)
	for name, text := range *of {
		lib := set.libraries[name]
		if lib == nil || lib.text != text {
			if lib = s.compileKept(text); lib == nil {
				continue
			}
		}
		next.add(lib)
	}
	if !s.functions.set.CompareAndSwap(set, next) {
		return s.functionSet()
	}
	return next
}

// compileKept compiles a library that was loaded before.
func (s *Server) compileKept(text *aso.Library) *library {
	_, code, err := libraryHead(text.Source)
	if err == nil {
		var lib *library
		if lib, err = newLibrary(text.Name, code); err == nil {
			lib.text = text
			return lib
		}
	}
	slog.Error("library of functions not usable", "library", text.Name, "error", err)
	return nil
}

// keepLibrary makes lib a library of the keyspace.
func (c *Call) keepLibrary(lib *library, source []byte) {
	set := c.Server.functionSet()
	lib.text = c.Tx.KeepLibrary(lib.name, source)
	next := newFunctionSet(c.Server.ks.Libraries())
	for name, other := range set.libraries {
		if name != lib.name {
			next.add(other)
		}
	}
	next.add(lib)
	c.Server.functions.set.Store(next)
}

// functionNamed returns the function of a name in any case, nil if there is none.
func (s *Server) functionNamed(name []byte) *script {
	var buf [64]byte
	if len(name) > len(buf) {
		return s.functionSet().functions[strings.ToLower(string(name))]
	}
	return s.functionSet().functions[string(lower(buf[:0], name))]
}

// needAll reports whether a function, which may be nil, has to run with all locks.
func (f *functions) needAll(sc *script) bool {
	return sc != nil && (sc.wide.Load() || sc.library.code.Alone())
}

// loadLimits bound the top level of a library. They are fixed, so that what was loaded once can be loaded by any start.
var loadLimits = sandbox.Limits{Instructions: 2_000_000, Memory: 64 << 20, Time: time.Minute, Source: maxScriptBytes}

const (
	errLibraryHead = aso.Error("ERR Invalid library metadata")
	errNoFunctions = aso.Error("ERR No functions registered")
	errNameRule    = aso.Error("ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long")
)

// libraryHead reads the first line of a library, and returns the rest behind an empty line.
func libraryHead(source []byte) (name string, code []byte, err error) {
	if !bytes.HasPrefix(source, []byte("#!")) {
		return "", nil, aso.Error("ERR Missing library metadata")
	}
	end := bytes.IndexAny(source, "\n\x00") // as in C
	if end < 0 || source[end] == 0 {
		return "", nil, errLibraryHead
	}
	words, ok := wire.SplitWords(nil, bytes.Clone(source[:end]))
	if !ok || len(words) == 0 {
		return "", nil, errLibraryHead
	}
	named := false
	for _, word := range words[1:] {
		const key = "NAME="
		if len(word) < len(key) || !equalFold(word[:len(key)], key) {
			return "", nil, aso.Error("ERR Invalid metadata value given: " + quotable(word))
		}
		if named {
			return "", nil, aso.Error("ERR Invalid metadata value, name argument was given multiple times")
		}
		name, named = string(word[len(key):]), true
	}
	switch engine := words[0][2:]; {
	case !named:
		return "", nil, aso.Error("ERR Library name was not given")
	case !sandbox.IsFunctionName(name):
		return "", nil, errNameRule
	case !equalFold(engine, "LUA"):
		return "", nil, aso.Error("ERR Engine '" + string(engine) + "' not found")
	}
	return name, source[end:], nil
}

// newLibrary compiles a library and runs its top level.
func newLibrary(name string, code []byte) (*library, error) {
	compiled, err := sandbox.CompileLibrary(string(code), loadLimits, func(level int, text string) { logFromLua(level, text, "library", name) })
	if err != nil {
		return nil, libraryError(err)
	}
	if len(compiled.Functions) == 0 {
		return nil, errNoFunctions
	}
	lib := &library{name: name, code: compiled}
	for _, fn := range compiled.Functions {
		sc := &script{name: fn.Name, flags: scriptChecked, code: fn.Script, library: lib}
		for _, flag := range fn.Flags {
			sc.flags |= scriptFlagNames[flag]
		}
		lib.scripts = append(lib.scripts, sc)
	}
	return lib, nil
}

// libraryError is the error for a library that cannot be loaded.
func libraryError(err error) error {
	var fault *sandbox.ScriptFault
	var limit *sandbox.LimitError
	switch {
	case errors.As(err, &fault):
		return aso.Error("ERR Error registering functions: " + fault.Text)
	case !errors.As(err, &limit):
		return compileError("ERR Error compiling function: user_function:", err)
	case limit.Which == sandbox.LimitMemory:
		return aso.Failure("ASOLIMIT", limit.Error())
	}
	return aso.Error("ERR Error registering functions: ERR FUNCTION LOAD timeout")
}

// settle counts what the variables of a library hold after a run of a function that is alone. If that is more than a script may take, they begin
// anew and the error says so.
func (lib *library) settle(c *Call, run *sandbox.ScriptRun) error {
	if lib == nil || !lib.code.Alone() {
		return nil
	}
	limit := c.Server.config.ScriptMemory.Load()
	size := lib.code.Settle(run.Used)
	if size <= limit {
		return nil
	}
	slog.Warn("variables of a library of functions were too large and begin anew", "library", lib.name, "bytes", size)
	c.Server.functions.forget(lib)
	return &sandbox.LimitError{Which: sandbox.LimitMemory, Detail: fmt.Sprintf("cap of %d bytes exceeded by the variables of the library, which begin anew", limit)}
}

// forget lets lib be compiled again when it is next used.
func (f *functions) forget(lib *library) {
	set := f.set.Load()
	next := newFunctionSet(nil)
	for _, other := range set.libraries {
		if other != lib {
			next.add(other)
		}
	}
	f.set.CompareAndSwap(set, next)
}
