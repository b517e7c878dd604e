package command

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/resp/wire"
)

const (
	errScriptKilled = aso.Error("ERR Script killed by user with SCRIPT KILL...")
	errScriptWrites = aso.Error("ERR Can not execute a script with write flag using *_ro command.")
)

// errMoreLocks ends a script that uses keys which it did not declare, before it has touched one of them.
var errMoreLocks = errors.New("the script needs more locks")

// scriptRun is a running script. It is what the sandbox lets it do.
type scriptRun struct {
	c        *Call
	ses      Session // of its commands: the client's, as far as commands may see it
	reply    wire.Reply
	call     Call
	run      sandbox.ScriptRun
	function functionCall // if it is one
	flags    scriptFlags
	oom      bool // there was too little memory when it began
	dirty    bool // it has run a command that writes
	runs     *scriptRuns
	kills    int64
	stops    func() error // stop
	locks    aso.Locks    // of the command that runs
	result   scriptResult
	called   [8]scriptCalls
	commands int      // of called that count something
	made     [][]byte // declared keys that were read for the client's cache and that handlers answer for
}

var idleRuns = sync.Pool{New: func() any {
	r := new(scriptRun)
	r.stops = r.stop
	return r
}}

// runScript runs sc as one unit. What it did stays when it fails by an error of its own, as in Redis; when a limit or a KILL ends it, nothing of
// it does.
func (c *Call) runScript(sc *script, keys, args [][]byte, readOnly bool) error {
	r := idleRuns.Get().(*scriptRun)
	defer r.release()
	r.begin(c, sc)
	if err := r.check(readOnly); err != nil {
		return err
	}
	s := c.Server
	run := &r.run // set by parts: a whole is slow to copy just after its parts were written
	run.Script, run.Host, run.Keys, run.Args, run.Seed, run.Reply, run.Stop = sc.code, r, keys, args, rand.Uint64(), &r.result, r.stops
	s.setScriptLimits(&run.Limits)
	m := c.Tx.Mark()
	err := r.runs.pool.RunScript(&r.run)
	c.Tx.Expect(nil, aso.Hint{})
	c.Tx.Select(c.Session.db)
	if tooMuch := sc.library.settle(c, &r.run); tooMuch != nil {
		err = tooMuch
	}
	if err == nil {
		r.keep(m)
		return nil
	}
	return r.failed(m, sc, err, readOnly)
}

// failed ends a run with an error.
func (r *scriptRun) failed(m aso.Mark, sc *script, err error, readOnly bool) error {
	var fault *sandbox.ScriptFault
	if errors.As(err, &fault) {
		r.keep(m)
		err = scriptError(fault, sc)
		if fault.Counted {
			err = countedError{err}
		}
		return err
	}
	c := r.c
	if rollbackErr := c.Tx.Rollback(m); rollbackErr != nil {
		return rollbackErr
	}
	switch {
	case errors.Is(err, errMoreLocks):
		r.commands = 0
		sc.wide.Store(true)
		r.runs.wide.Store(true)
		c.again = true
		return nil
	case errors.Is(err, sandbox.ErrVariables):
		r.commands = 0
		return c.runAlone(sc, r.run.Keys, r.run.Args, readOnly)
	}
	r.addCalls()
	return scriptEnd(err)
}

// keep lets what the script did stay.
func (r *scriptRun) keep(m aso.Mark) {
	r.addCalls()
	r.c.Tx.Release(m)
	if len(r.made) > 0 {
		r.c.tellMade(r.c.Session.tracking.Load(), r.made)
	}
}

// scriptError is the error of a script, with the place where it came from.
func scriptError(fault *sandbox.ScriptFault, sc *script) error {
	if fault.Cause != nil {
		slog.Error("script failed in the interpreter", "script", sc.name, "error", fault.Cause)
	}
	if fault.Source == "" {
		return aso.Error(fault.Text)
	}
	text, place := fault.Text, fmt.Sprintf(" script: %s, on %s:%d.", sc.name, fault.Source, fault.Line)
	if isHandlerError(fault) {
		text = text[:min(len(text), aso.MaxFailure-len(place))]
	}
	return aso.Error(text + place)
}

// countedError is an error that was counted when a command of a script failed.
type countedError struct{ error }

func (e countedError) Unwrap() error { return e.error }

// scriptResult is the reply of a script.
type scriptResult struct {
	*wire.Reply
	c *Call
}

// Error appends an error that the script returns. Its command counts as failed, as in Redis also if the error is an element of an array.
func (r *scriptResult) Error(text string, counted bool) {
	var err error = aso.Error(text)
	if counted {
		err = countedError{err}
	}
	r.c.Server.fail(r.c, err)
}

// scriptEnd is the error of a script that was ended and taken back.
func scriptEnd(err error) error {
	var limit *sandbox.LimitError
	if errors.As(err, &limit) {
		return aso.Failure("ASOLIMIT", "script ended and taken back: "+limit.Error())
	}
	return err
}

func (r *scriptRun) begin(c *Call, sc *script) {
	s := c.Server
	r.c, r.flags, r.dirty, r.result = c, sc.flags, false, scriptResult{c.Reply, c}
	r.runs = &s.scripts.scriptRuns
	if sc.library != nil {
		r.runs = &s.functions.scriptRuns
		s.functions.began(r, sc)
	}
	r.kills = r.runs.kills.Load()
	r.runs.running.Add(1)
	r.oom = s.ks.IsShort()
	ses := c.Session
	r.ses.Conn, r.ses.Reply, r.ses.db = ses.Conn, &r.reply, ses.db
	r.ses.authenticated, r.ses.noTouch, r.ses.created, r.ses.inExec, r.ses.inScript = ses.authenticated, ses.noTouch, ses.created, true, true
	if account := ses.account.Load(); r.ses.account.Load() != account { // to store costs more
		r.ses.account.Store(account)
	}
	r.ses.link = ses.link
	r.reply.Acquire()
}

func (r *scriptRun) release() {
	r.runs.running.Add(-1)
	if r.runs == &r.c.Server.functions.scriptRuns {
		r.c.Server.functions.ended(r)
	}
	r.reply.Release()
	r.c, r.ses.Conn, r.ses.link, r.made, r.result = nil, nil, nil, nil, scriptResult{}
	r.run = sandbox.ScriptRun{}
	r.call = Call{}
	idleRuns.Put(r)
}

// check returns why a script that says in its first line what it does may not run.
func (r *scriptRun) check(readOnly bool) error {
	if err := r.checkReplica(); err != nil {
		if r.flags&scriptChecked != 0 {
			err = refusal{err}
		}
		return err
	}
	if r.flags&scriptChecked != 0 && r.flags&scriptNoWrites == 0 {
		if r.oom && r.flags&scriptAllowOOM == 0 {
			return refusal{errOOM}
		}
		if readOnly {
			return errScriptWrites
		}
	}
	if readOnly {
		r.flags |= scriptNoWrites
	}
	return nil
}

// stop returns why the script is to end now.
func (r *scriptRun) stop() error {
	if r.runs.kills.Load() != r.kills {
		return errScriptKilled
	}
	return nil
}

// Log writes what redis.log is given to the log of the server.
func (r *scriptRun) Log(level int, text string) {
	logFromLua(level, text, "client", r.ses.Conn.ID())
}

func logFromLua(level int, text, whoName string, who any) {
	log := [...]func(string, ...any){slog.Debug, slog.Debug, slog.Info, slog.Warn}[level]
	log("script logs", whoName, who, "text", text)
}

// Allows reports whether the client may run a command, and whether there is such a command.
func (r *scriptRun) Allows(args [][]byte) (allowed, known bool) {
	cmd, err := r.c.Server.names.lookup(args)
	if err != nil && scriptLookupError(cmd, args) == errScriptUnknown {
		return false, false
	}
	return r.ses.MayRun(cmd, args) == nil, true
}
