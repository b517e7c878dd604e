package sandbox

import (
	lua "github.com/yuin/gopher-lua"
)

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
	keys    *lua.LTable
	argv    *lua.LTable
	resp3   bool
	random  uint64
	loading *Library // whose top level runs; nil if none does
}

// ScriptFault is a Lua error that a script did not catch.
type ScriptFault struct {
	Text    string // begins with its code
	Line    int    // where it came from; 0 if that is unknown
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
	if err == nil {
		p.give(w)
	}
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
			w.endCoroutines()
		}
	}()
	L := w.main
	L.Push(r.Script.main)
	w.env.script.keys, w.env.script.argv = w.wordTable(r.Keys), w.wordTable(r.Args)
	L.Push(w.env.script.keys)
	L.Push(w.env.script.argv)
	L.Call(2, 1)
	result := L.Get(-1)
	L.Pop(1)
	w.result(r.Reply, result, 0)
	w.forgetWords()
	w.endCoroutines()
	w.stop = nil
	w.env = run{}
	return nil
}

// wordTable makes an array of strings.
func (w *worker) wordTable(words [][]byte) *lua.LTable {
	w.alloc(tableBytes + slotBytes*len(words))
	t := w.main.CreateTable(len(words), 0) // names in it cost more than they are charged, but there are only two such tables in a run
	for i, word := range words {
		w.alloc(len(word) + 16)
		t.RawSetInt(i+1, lua.LString(word))
	}
	return t
}

// fault turns a panic into the error of the run.
func (w *worker) fault(cause any) error {
	if w.dead != nil {
		return w.dead
	}
	api, ok := cause.(*lua.ApiError)
	if !ok {
		internal := w.internal(&Program{name: scriptName}, cause)
		return &ScriptFault{Text: "ERR " + internal.Msg, Cause: internal.Cause}
	}
	t, ok := api.Object.(*lua.LTable)
	return &ScriptFault{Text: faultText(api.Object), Line: currentLine(w.main), Counted: ok && isCounted(t)}
}

func faultText(v lua.LValue) string {
	if t, ok := v.(*lua.LTable); ok {
		if text, ok := t.RawGetString("err").(lua.LString); ok {
			return plainLine(string(text))
		}
		return "ERR (error object is a table value)"
	}
	if text, ok := asText(v); ok {
		return "ERR " + plainLine(text)
	}
	return "ERR " + v.String()
}

// currentLine returns the line that runs, of the caller if a library function does.
func currentLine(L *lua.LState) int {
	for level := range 2 {
		frame, ok := L.GetStack(level)
		if !ok {
			return 0
		}
		if _, err := L.GetInfo("Sl", frame, nil); err == nil && frame.CurrentLine > 0 {
			return frame.CurrentLine
		}
	}
	return 0
}
