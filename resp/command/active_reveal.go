package command

import (
	"bytes"

	"comet/aso"
	"comet/aso/sandbox"
)

// reveals reports whether the command shows the value of the keys of spec, or stores it elsewhere.
func (c *Call) reveals(spec *KeySpec) bool {
	switch {
	case c.Cmd.has(flagProbing):
		return true
	case c.Cmd.Name == "zadd":
		return c.asksForScore()
	case c.Cmd.has(flagAboutTime) || !spec.has("access"):
		return false
	case c.Cmd.Name == "set":
		return c.hasOption(3, "GET")
	}
	return true
}

// asksForScore reports whether ZADD is to reply with a score.
func (c *Call) asksForScore() bool {
	var o zaddOptions
	for i := 2; i < len(c.Args) && o.take(c.Args[i]); i++ {
	}
	return o.incr
}

// hasOption reports whether one of the arguments from i on is the option word.
func (c *Call) hasOption(i int, word string) bool {
	for ; i < len(c.Args); i++ {
		if c.Is(i, word) {
			return true
		}
	}
	return false
}

// handlerFlags returns the flags that the lists below and moving give a command.
func handlerFlags(name string) (f flags) {
	for flag, names := range map[flags]map[string]bool{
		flagProbing: probing, flagAboutTime: aboutTime, flagTakesFirst: takesFirst, flagMoving: moving, flagReplicates: replicates,
		flagRelocating: relocating, flagExpiring: expiring,
	} {
		if names[name] {
			f |= flag
		}
	}
	return f
}

// replicates are the commands that do not write, but that Redis sends to replicas. COMMAND does not say it.
var replicates = map[string]bool{"publish": true, "spublish": true, "pfcount": true}

// probing are the commands that show something of a value, if only that it is there, which Redis does not count as access.
var probing = map[string]bool{"sismember": true, "hexists": true, "hstrlen": true, "xclaim": true, "xautoclaim": true}

// aboutTime are the commands that Redis says access the value, but that show only when it expires.
var aboutTime = map[string]bool{"ttl": true, "pttl": true, "expiretime": true, "pexpiretime": true}

// takesFirst are the commands that look at their keys in order and show the value of the first that has one.
var takesFirst = map[string]bool{
	"blpop": true, "brpop": true, "lmpop": true, "blmpop": true, "zmpop": true, "bzmpop": true, "bzpopmin": true, "bzpopmax": true,
}

// revealAll runs onGet of all objects whose value the command shows, and lets them accept, replace or hide it, or refuse.
func (a *activeRun) revealAll() error {
	for i := 0; i < len(a.keys); i++ {
		o := &a.keys[i]
		if !o.reveals || o.asked || !a.looksAt(o) {
			continue
		}
		hidden, err := a.reveal(o)
		if err != nil {
			return err
		}
		if hidden {
			i = -1 // the command may have looked at other keys this time
		}
	}
	a.replaceReplies()
	return nil
}

// looksAt reports whether the command has looked at the value of o, if it does so only with one of its keys.
func (a *activeRun) looksAt(o *observed) bool {
	if ready := a.c.ready; ready != nil && !bytes.Equal(ready, o.key) {
		return o.changed || o.deleted
	}
	return !a.c.Cmd.has(flagTakesFirst) || o.changed || o.deleted
}

// reveal runs onGet of o. again means that the command ran another time, because o looks missing.
func (a *activeRun) reveal(o *observed) (again bool, err error) {
	o.asked = true
	if !o.stored && a.c.Cmd.Name == "copy" { // it copied nothing
		return false, nil
	}
	outcome, err := o.handle(sandbox.OnGet)
	switch {
	case err != nil:
		return false, err
	case outcome.Verdict == sandbox.Replace && (o.stored || a.c.Cmd.Name == "dump"):
		return false, errHidden
	case outcome.Verdict == sandbox.Replace:
		o.returned, o.value = true, outcome.Value
	case outcome.Verdict == sandbox.Missing:
		return a.hide(o)
	}
	return false, nil
}

// replaceReplies replaces the reply by what the first handler that returned a value returned.
func (a *activeRun) replaceReplies() {
	for i := range a.keys {
		if o := &a.keys[i]; o.returned {
			a.c.replaceReply(a.start, o.value)
			return
		}
	}
}

// hide makes the reply one to a client for which o does not exist. again means that the command ran another time for that.
func (a *activeRun) hide(o *observed) (again bool, err error) {
	o.hidden = true
	switch c := a.c; {
	case !c.Cmd.has(flagWrite):
		return true, a.runHidden()
	case c.Cmd.Name == "set" || c.Cmd.Name == "getset": // what was there is not shown; the write goes on
		c.replaceReply(a.start, sandbox.Value{})
		return false, nil
	case o.changed && !takes[c.Cmd.Name]:
		return false, errMissing // it shows what it made of the value
	}
	if a.left, err = a.c.Tx.TakeBack(*a.mark, a.handled()...); err != nil {
		return false, err
	}
	a.mark = &a.left
	return true, a.runHidden()
}

// takes are the commands that do nothing to a missing key, if that is no error.
var takes = map[string]bool{
	"lpop": true, "rpop": true, "lmove": true, "rpoplpush": true, "lmpop": true, "blpop": true, "brpop": true, "blmove": true,
	"brpoplpush": true, "blmpop": true, "spop": true, "smove": true, "zpopmin": true, "zpopmax": true, "zmpop": true, "bzpopmin": true,
	"bzpopmax": true, "bzmpop": true, "getdel": true, "getex": true, "xreadgroup": true, "xclaim": true, "xautoclaim": true,
}

// handled returns the keys, of the selected database, whose handlers have run.
func (a *activeRun) handled() (keys [][]byte) {
	for i := range a.keys {
		if o := &a.keys[i]; o.ran {
			keys = append(keys, o.key)
		}
	}
	return keys
}

// runHidden runs the command again, without the objects that are hidden from the client.
func (a *activeRun) runHidden() error {
	c := a.c
	var hidden [][]byte
	for i := range a.keys {
		o := &a.keys[i]
		switch {
		case o.hidden:
			hidden = append(hidden, o.key)
		case o.asked && !c.Tx.Alive(o.key):
			return errMissing // its handler has deleted what the client would not see then
		}
	}
	c.Reply.Truncate(a.start)
	c.Tx.Hide(hidden...)
	defer c.Tx.Hide()
	if err := a.command(); err != nil {
		return err
	}
	for i := range a.keys {
		if o := &a.keys[i]; o.hidden && (o.changed || o.deleted) && !takes[c.Cmd.Name] {
			return errMissing // it took the value for missing, and made a new one in its place
		}
	}
	return nil
}

func (c *Call) replaceReply(start int, v sandbox.Value) {
	c.Reply.Truncate(start)
	replyValue(c.Reply, v)
}

// showOutcome replaces the reply from byte start on by what onGet said, if it said something.
func (c *Call) showOutcome(start int, outcome *sandbox.Outcome) {
	switch outcome.Verdict {
	case sandbox.Missing:
		c.replaceReply(start, sandbox.Value{})
	case sandbox.Replace:
		c.replaceReply(start, outcome.Value)
	}
}

// mget replies with an array, in which the elements of observed keys are what onGet makes of them: null where it refuses.
func (a *activeRun) mget() error {
	c := a.c
	c.Reply.Array(len(c.Args) - 1)
	for _, key := range c.Args[1:] {
		o := a.find(c.Tx.DB(), key)
		if o == nil || !o.reveals || c.Tx.Kind(key) != aso.KindString {
			c.replyElement(key)
			continue
		}
		if err := o.revealElement(); err != nil {
			return err
		}
	}
	return nil
}

// replyElement appends the string at key, null if it is none.
func (c *Call) replyElement(key []byte) {
	s, ok, err := c.Tx.String(key)
	if !ok || err != nil {
		c.Reply.Null()
		return
	}
	c.Reply.Bulk(s)
}

// revealElement appends what onGet makes of the string o. A refusal or failure undoes what the handler did, and is null here.
func (o *observed) revealElement() error {
	c := o.run.c
	m := c.Tx.Mark()
	start := c.Reply.Len()
	c.replyElement(o.key)
	outcome, err := o.handle(sandbox.OnGet)
	if err != nil {
		c.replaceReply(start, sandbox.Value{})
		return c.Tx.Rollback(m)
	}
	c.Tx.Release(m)
	c.showOutcome(start, outcome)
	return nil
}
