package sandbox

import "comet/aso/lua"

// ScriptHost is what a running script may do. Its methods run on the goroutine that called RunScript, inside the Lua call.
type ScriptHost interface {
	// Call runs a command and returns its reply in RESP. Both are borrowed: args until it returns, the reply until the next call. An
	// error ends the run.
	Call(args [][]byte, resp3 bool) (reply []byte, err error)
	// Allows reports whether the caller may run a command, and whether there is such a command.
	Allows(args [][]byte) (allowed, known bool)
	// Log takes what redis.log is given, level 0 (debug) to 3 (warning).
	Log(level int, text string)
}

// ScriptRun is one run of a script.
type ScriptRun struct {
	Script     *Script
	Host       ScriptHost
	Keys, Args [][]byte
	Limits     Limits
	Seed       uint64 // of math.random, which draws from the generator of Redis
	Reply      Replier
	Stop       func() error // asked now and then; an error ends the run
	Used       int64        // bytes that the run was charged; set by RunScript
}

// scriptState is what a worker knows of the script that it runs.
type scriptState struct {
	*ScriptRun
	keys    *lua.Table
	argv    *lua.Table
	resp3   bool
	random  uint64
	loading *Library // whose top level runs; nil if none does
}

// ScriptFault is a Lua error that a script did not catch.
type ScriptFault struct {
	Text    string // begins with its code
	Source  string // where it came from, such as "@user_script"; "" if that is unknown
	Line    int    // -1 in a library function
	Counted bool   // it is the error of a command that the script has called
	Cause   error  // as in ScriptError
}

func (e *ScriptFault) Error() string { return e.Text }

// Unwrap returns Cause.
func (e *ScriptFault) Unwrap() error { return e.Cause }

// NewScriptPool makes a pool for scripts that keeps at most max idle workers.
func NewScriptPool(max int) *Pool { return &Pool{max: max, class: scriptClass} }

// RunScript runs a script and appends what it returns to r.Reply. The error is a *ScriptFault, a *LimitError, or the one with which a method
// of the host ended the run; then a part of the reply may have been appended.
func (p *Pool) RunScript(r *ScriptRun) error {
	w := p.take()
	err := w.runScript(r)
	p.give(w)
	return err
}

func (w *worker) runScript(r *ScriptRun) (err error) {
	w.start(r.Limits.withDefaults())
	w.stop = r.Stop
	w.env.script = scriptState{ScriptRun: r, random: r.Seed & (1<<48 - 1)}
	defer func() {
		r.Used = w.mem
		if p := recover(); p != nil {
			err = w.fault(p)
		}
		w.takeWords()
		w.forgetWords()
		w.reset()
	}()
	L := w.main
	L.Push(r.Script.main.Value())
	w.giveWords(r)
	L.Push(w.env.script.keys.Value())
	L.Push(w.env.script.argv.Value())
	L.Call(2, 1)
	w.result(r.Reply, L.Get(-1), 0)
	return nil
}

// fault turns a panic into the error of the run.
func (w *worker) fault(cause any) error {
	if w.dead != nil {
		return w.dead
	}
	raised, ok := cause.(*lua.Error)
	if !ok {
		internal := w.internal(&Program{name: scriptName}, cause)
		return &ScriptFault{Text: "ERR " + internal.Msg, Cause: internal.Cause}
	}
	t := raised.Value.Table()
	return &ScriptFault{Text: w.faultText(raised.Value), Source: plainLine(raised.Source), Line: raised.Line, Counted: t != nil && isCounted(t)}
}

func (w *worker) faultText(v lua.Value) string {
	switch v.Kind() {
	case lua.KindNil, lua.KindBool:
		return "ERR " + plainText(v)
	case lua.KindTable:
		if text, ok := v.Table().GetString("err").Text(); ok {
			return plainLine(beforeNUL(text))
		}
	case lua.KindFunction, lua.KindThread, lua.KindUserData:
		return "ERR " + w.objectText(v)
	}
	if text, ok := asText(v); ok {
		return "ERR " + plainLine(beforeNUL(text))
	}
	return "ERR (error object is a " + v.TypeName() + " value)"
}
