package command

import (
	"strings"

	"comet/aso"
)

var scriptCommands = family{
	"eval":          {run: func(c *Call) error { return c.eval(false) }, events: true, script: true},
	"eval_ro":       {run: func(c *Call) error { return c.eval(true) }, events: true, script: true},
	"evalsha":       {run: func(c *Call) error { return c.evalSHA(false) }, events: true, script: true},
	"evalsha_ro":    {run: func(c *Call) error { return c.evalSHA(true) }, events: true, script: true},
	"script|load":   {run: scriptLoad, access: accessAll},
	"script|exists": {run: scriptExists, access: accessNone},
	"script|flush":  {run: scriptFlush, access: accessAll},
	"script|kill":   {run: scriptKill, access: accessNone},
	"script|debug":  {run: scriptDebug, access: accessNone},
	"script|help":   {run: scriptHelp, access: accessNone},
}

const (
	errNoScript     = aso.Error("NOSCRIPT No matching script. Please use EVAL.")
	errKeysSign     = aso.Error("ERR Number of keys can't be negative")
	errKeysMany     = aso.Error("ERR Number of keys can't be greater than number of args")
	errNotBusy      = aso.Error("NOTBUSY No scripts in execution right now.")
	errScriptFlush  = aso.Error("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
	errScriptDebug  = aso.Error("ERR Use SCRIPT DEBUG YES/SYNC/NO")
	errScriptBusy   = aso.Error("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.")
	errFunctionBusy = aso.Error("BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.")
	errNoDebugger   = aso.Error("ERR there is no debugger of scripts")
)

// eval runs the script in argument 1.
func (c *Call) eval(readOnly bool) error {
	c.Server.monitors.show(c)
	keys, args, err := c.scriptWords()
	if err != nil {
		return err
	}
	compile := c.Server.scripts.compile
	if c.Tx.IsDryRun() {
		compile = newScript
	}
	sc, err := compile(c.Arg(1))
	if err != nil {
		return err
	}
	return c.runScript(sc, keys, args, readOnly)
}

// evalSHA runs the script whose name is argument 1.
func (c *Call) evalSHA(readOnly bool) error {
	c.Server.monitors.show(c)
	if len(c.Arg(1)) != scriptNameSize {
		return errNoScript
	}
	keys, args, err := c.scriptWords()
	if err != nil {
		return err
	}
	sc := c.Server.findScript(c.Arg(1))
	if sc == nil {
		return errNoScript
	}
	return c.runScript(sc, keys, args, readOnly)
}

// scriptWords returns KEYS and ARGV.
func (c *Call) scriptWords() (keys, args [][]byte, err error) {
	n, err := c.Int(2)
	switch {
	case err != nil:
		return nil, nil, err
	case n > int64(len(c.Args)-3):
		return nil, nil, errKeysMany
	case n < 0:
		return nil, nil, errKeysSign
	}
	return c.Args[3 : 3+n], c.Args[3+n:], nil
}

// scriptLoad keeps a script, as long as SCRIPT FLUSH does not come.
func scriptLoad(c *Call) error {
	sc, err := c.Server.scripts.compile(c.Arg(2))
	if err != nil {
		return err
	}
	c.Tx.KeepScript(c.Arg(2))
	c.Reply.BulkString(sc.name)
	return nil
}

func scriptExists(c *Call) error {
	c.Reply.Array(len(c.Args) - 2)
	for _, name := range c.Args[2:] {
		c.intBool(len(name) == scriptNameSize && c.Server.findScript(name) != nil)
	}
	return nil
}

// scriptFlush forgets all scripts.
func scriptFlush(c *Call) error {
	if len(c.Args) > 3 || len(c.Args) == 3 && !c.Is(2, "SYNC") && !c.Is(2, "ASYNC") {
		return errScriptFlush
	}
	c.Tx.DropScripts()
	c.Server.scripts.forget()
	c.OK()
	return nil
}

// scriptKill ends the scripts that run, and takes back what they did.
func scriptKill(c *Call) error {
	return c.kill(&c.Server.scripts.scriptRuns, &c.Server.functions.scriptRuns, errFunctionBusy)
}

// kill ends what is of runs. If there is only the other kind, the error is busy.
func (c *Call) kill(runs, other *scriptRuns, busy error) error {
	switch {
	case runs.kill():
		c.OK()
		return nil
	case other.running.Load() > 0:
		return busy
	}
	return errNotBusy
}

func scriptDebug(c *Call) error {
	switch strings.ToUpper(string(c.Arg(2))) {
	case "NO":
		c.OK()
		return nil
	case "YES", "SYNC":
		return errNoDebugger
	}
	return errScriptDebug
}

func scriptHelp(c *Call) error {
	return c.help("SCRIPT",
		"DEBUG (YES|SYNC|NO)",
		"    Set the debug mode for subsequent scripts executed.",
		"EXISTS <sha1> [<sha1> ...]",
		"    Return information about the existence of the scripts in the script cache.",
		"FLUSH [ASYNC|SYNC]",
		"    Flush the Lua scripts cache. Very dangerous on replicas.",
		"    When called without the optional mode argument, the behavior is determined by the",
		"    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
		"    * ASYNC: Asynchronously flush the scripts cache.",
		"    * SYNC: Synchronously flush the scripts cache.",
		"KILL",
		"    Kill the currently executing Lua script.",
		"LOAD <script>",
		"    Load a script into the scripts cache without executing it.",
	)
}
