package command

import (
	"maps"
	"slices"
	"strings"
	"time"

	"comet/aso"
	"comet/aso/value"
)

var functionCommands = family{
	"fcall":            {run: func(c *Call) error { return c.fcall(false) }, events: true, script: true, function: true, locks: fcallLocks},
	"fcall_ro":         {run: func(c *Call) error { return c.fcall(true) }, events: true, script: true, function: true, locks: fcallLocks},
	"function|load":    {run: functionLoad, access: accessAll},
	"function|delete":  {run: functionDelete, access: accessAll},
	"function|flush":   {run: functionFlush, access: accessAll},
	"function|list":    {run: functionList, access: accessNone},
	"function|dump":    {run: functionDump, access: accessNone},
	"function|restore": {run: functionRestore, access: accessAll},
	"function|stats":   {run: functionStats, access: accessNone},
	"function|kill":    {run: functionKill, access: accessNone},
	"function|help":    {run: functionHelp, access: accessNone},
}

const (
	errFunctionCode  = aso.Error("ERR Function code is missing")
	errNoLibrary     = aso.Error("ERR Library not found")
	errLibraryName   = aso.Error("ERR library name argument was not given")
	errFunctionFlush = aso.Error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
)

// functionLoad loads a library.
func functionLoad(c *Call) error {
	last := len(c.Args) - 1
	for i := 2; i < last; i++ {
		if !c.Is(i, "REPLACE") {
			return aso.Error("ERR Unknown option given: " + quotable(c.Arg(i)))
		}
	}
	if last < 2 {
		return errFunctionCode
	}
	name, code, err := libraryHead(c.Arg(last))
	if err != nil {
		return err
	}
	set := c.Server.functionSet()
	if set.libraries[name] != nil && last == 2 {
		return aso.Error("ERR Library '" + name + "' already exists")
	}
	lib, err := newLibrary(name, code)
	if err != nil {
		return err
	}
	if err := set.admits(lib, true); err != nil {
		return err
	}
	c.keepLibrary(lib, c.Arg(last))
	c.Reply.BulkString(name)
	return nil
}

// admits returns why lib cannot be added to set, where it may take the place of one with its name.
func (set *functionSet) admits(lib *library, replaces bool) error {
	if set.libraries[lib.name] != nil && !replaces {
		return aso.Error("ERR Library " + lib.name + " already exists")
	}
	for _, sc := range lib.scripts {
		if other := set.functions[strings.ToLower(sc.name)]; other != nil && other.library.name != lib.name {
			return aso.Error("ERR Function " + sc.name + " already exists")
		}
	}
	return nil
}

func functionDelete(c *Call) error {
	name := string(c.Arg(2))
	if (*c.Server.ks.Libraries())[name] == nil {
		return errNoLibrary
	}
	c.Tx.DropLibrary(name)
	c.OK()
	return nil
}

func functionFlush(c *Call) error {
	switch {
	case len(c.Args) > 3:
		return errSubcommandSyntax(c)
	case len(c.Args) == 3 && !c.Is(2, "SYNC") && !c.Is(2, "ASYNC"):
		return errFunctionFlush
	}
	c.Tx.DropLibraries()
	c.countChanges(1)
	c.OK()
	return nil
}

// functionList replies with the libraries in the order of their names.
func functionList(c *Call) error {
	var pattern []byte
	withCode := false
	for i := 2; i < len(c.Args); i++ {
		switch {
		case !withCode && c.Is(i, "WITHCODE"):
			withCode = true
		case pattern == nil && c.Is(i, "LIBRARYNAME"):
			if i++; i == len(c.Args) {
				return errLibraryName
			}
			pattern = c.Arg(i)
		default:
			return aso.Error("ERR Unknown argument " + quotable(c.Arg(i)))
		}
	}
	set := c.Server.functionSet()
	n, at := 0, c.Reply.Defer()
	for _, name := range slices.Sorted(maps.Keys(set.libraries)) {
		if pattern == nil || value.Match(pattern, []byte(name), true) {
			c.replyLibrary(set.libraries[name], withCode)
			n++
		}
	}
	c.Reply.SetArray(at, n)
	return nil
}

func (c *Call) replyLibrary(lib *library, withCode bool) {
	r := c.Reply
	if withCode {
		r.Map(4)
	} else {
		r.Map(3)
	}
	r.BulkString("library_name")
	r.BulkString(lib.name)
	r.BulkString("engine")
	r.BulkString("LUA")
	r.BulkString("functions")
	r.Array(len(lib.code.Functions))
	for _, fn := range lib.code.Functions {
		r.Map(3)
		r.BulkString("name")
		r.BulkString(fn.Name)
		r.BulkString("description")
		if fn.Described {
			r.BulkString(fn.Description)
		} else {
			r.Null()
		}
		r.BulkString("flags")
		r.Set(len(fn.Flags))
		for _, flag := range fn.Flags {
			r.Status(flag)
		}
	}
	if withCode {
		r.BulkString("library_code")
		r.Bulk(lib.text.Source)
	}
}

// functionStats replies with a function that runs, the one that began first, and with how many there are.
func functionStats(c *Call) error {
	r := c.Reply
	r.Map(2)
	r.BulkString("running_script")
	c.Server.functions.replyRunning(c)
	set := c.Server.functionSet()
	functions := 0
	for _, lib := range set.libraries {
		functions += len(lib.scripts)
	}
	r.BulkString("engines")
	r.Map(1)
	r.BulkString("LUA")
	r.Map(2)
	r.BulkString("libraries_count")
	r.Int(int64(len(set.libraries)))
	r.BulkString("functions_count")
	r.Int(int64(functions))
	return nil
}

func (f *functions) replyRunning(c *Call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var first *functionCall
	for call := f.busy; call != nil; call = call.before {
		if first == nil || call.began < first.began {
			first = call
		}
	}
	r := c.Reply
	if first == nil {
		r.Null()
		return
	}
	r.Map(3)
	r.BulkString("name")
	r.BulkString(first.name)
	r.BulkString("command")
	r.Array(len(first.args))
	for _, arg := range first.args {
		r.Bulk(arg)
	}
	r.BulkString("duration_ms")
	r.Int((time.Since(c.Server.started) - first.began).Milliseconds())
}

// functionKill ends the functions that run, and takes back what they did.
func functionKill(c *Call) error {
	return c.kill(&c.Server.functions.scriptRuns, &c.Server.scripts.scriptRuns, errScriptBusy)
}

func functionHelp(c *Call) error {
	return c.help("FUNCTION",
		"LOAD [REPLACE] <FUNCTION CODE>",
		"    Create a new library with the given library name and code.",
		"DELETE <LIBRARY NAME>",
		"    Delete the given library.",
		"LIST [LIBRARYNAME PATTERN] [WITHCODE]",
		"    Return general information on all the libraries:",
		"    * Library name",
		"    * The engine used to run the Library",
		"    * Library description",
		"    * Functions list",
		"    * Library code (if WITHCODE is given)",
		"    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
		"STATS",
		"    Return information about the current function running:",
		"    * Function name",
		"    * Command used to run the function",
		"    * Duration in MS that the function is running",
		"    If no function is running, return nil",
		"    In addition, returns a list of available engines.",
		"KILL",
		"    Kill the current running function.",
		"FLUSH [ASYNC|SYNC]",
		"    Delete all the libraries.",
		"    When called without the optional mode argument, the behavior is determined by the",
		"    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
		"    * ASYNC: Asynchronously flush the libraries.",
		"    * SYNC: Synchronously flush the libraries.",
		"DUMP",
		"    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command",
		"RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
		"    Restore the libraries represented by the given payload, it is possible to give a restore policy to",
		"    control how to handle existing libraries (default APPEND):",
		"    * FLUSH: delete all existing libraries.",
		"    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
		"    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
		"      libraries with the new libraries (notice that even on this option there is a chance of failure",
		"      in case of functions name collision with another library).",
	)
}
