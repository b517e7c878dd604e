package command

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"comet/aso"
	"comet/aso/sandbox"
)

// activeRun is the running of a command that touches objects with handlers. The handlers run after the command, when it is known what it
// did; if one fails, all is rolled back.
type activeRun struct {
	c     *Call
	begin aso.Mark  // before the command
	left  aso.Mark  // after what onGet left behind, if the command ran again
	mark  *aso.Mark // one of these: what the command did follows it
	start int       // the reply stands from here on
	home  int       // the selected database
	keys  []observed
	used  []observed // memory for keys
}

// observed is a key of a running command whose object has handlers.
type observed struct {
	run     *activeRun
	db      int
	key     []byte
	on      aso.Handlers
	existed bool
	reveals bool            // onGet handles what the command shows of the value, or stores elsewhere
	judging sandbox.Handler // the event that the handlers are running for

	changed, deleted bool // what the command did
	stored           bool // to another key
	asked            bool // onGet has run
	ran              bool // any handler has run
	hidden           bool // onGet said that the value is missing
	kept             bool // keep() undid the change or the deletion
	stays            bool // it is not deleted

	returned bool          // a handler returned a value
	value    sandbox.Value // that
}

const (
	errHidden  = aso.Error("ASODENY the value is made when it is read, and cannot be stored under another key")
	errMissing = aso.Error("ASODENY the value is hidden")
)

var activeRuns = sync.Pool{New: func() any { return new(activeRun) }}

// runActive runs the command of c, with the handlers of its objects. Commands on keys without handlers pay one look at a counter and, if
// there are active objects, one at the key.
func (s *Server) runActive(c *Call) error {
	if !s.ks.MayAct() || c.Tx == nil || c.Cmd.ownEvents || !c.Cmd.has(flagWrite|flagReadOnly) {
		return c.Cmd.run(c)
	}
	if c.Session.raw {
		c.Cmd.eachKey(c.Args, func(i int, _ *KeySpec) { c.Tx.Exists(c.Args[i]) }) // what has expired dies before the command is at work
		return c.Cmd.run(c)
	}
	if c.Cmd.single && !c.Cmd.has(flagRelocating) {
		return c.runWithOneKey()
	}
	return c.runObserved()
}

// runWithOneKey runs a command that has one key, with the handlers of its object, if they handle what it may do.
func (c *Call) runWithOneKey() error {
	key := c.Args[c.Cmd.keys.first]
	existed, on := c.Tx.Acting(key)
	reveals := existed && on.Has(sandbox.OnGet) && c.reveals(&c.Cmd.Keys[0])
	if !reveals && on&c.Cmd.judged(existed) == 0 {
		return c.Cmd.run(c)
	}
	a := c.newRun()
	defer a.release()
	o := a.grow()
	o.key, o.on, o.existed, o.reveals = key, on, existed, reveals
	return a.guarded()
}

// runObserved runs the command with the handlers of its objects, if they have any.
func (c *Call) runObserved() error {
	a := c.newRun()
	defer a.release()
	a.observe()
	if err := c.Tx.EndCommand(); err != nil {
		return err
	}
	if len(a.keys) == 0 {
		return c.Cmd.run(c)
	}
	return a.guarded()
}

// newRun returns a run of the command that observes no key yet.
func (c *Call) newRun() *activeRun {
	a := activeRuns.Get().(*activeRun)
	a.c, a.start, a.home, a.keys = c, c.Reply.Len(), c.Tx.DB(), a.used[:0]
	return a
}

// guarded runs the command and the handlers. If that fails, nothing has happened.
func (a *activeRun) guarded() error {
	c := a.c
	a.begin = c.Tx.Mark()
	a.mark = &a.begin
	err := a.do()
	if cause := c.Server.WritesStopped(); cause != nil && err == nil && c.Tx.HasEffectsSince(a.begin) && !c.Tx.IsDryRun() {
		err = aso.Error(journalError(cause)) // handlers of a command that reads have changed something
	}
	if err != nil {
		if rollbackErr := c.Tx.Rollback(a.begin); rollbackErr != nil {
			return rollbackErr
		}
		return err
	}
	c.Tx.Release(a.begin)
	return nil
}

func (a *activeRun) release() {
	for i := range a.keys {
		a.keys[i].key = nil // an argument, whose bytes go elsewhere
	}
	a.c, a.used, a.keys = nil, a.keys, nil
	activeRuns.Put(a)
}

// do runs the command and the handlers at its place.
func (a *activeRun) do() error {
	switch {
	case a.c.Cmd.has(flagRelocating):
		return a.move()
	case a.c.Cmd.Name == "mget":
		return a.mget()
	}
	if err := a.command(); err != nil {
		return err
	}
	if a.c.park != nil {
		return nil // it has done nothing yet
	}
	if err := a.revealAll(); err != nil {
		return err
	}
	return a.judgeAll()
}

// command runs the command and notes what it did to the observed objects. Those that it deleted come to life again, if they have
// handlers to judge that.
func (a *activeRun) command() error {
	c := a.c
	if err := c.Cmd.run(c); err != nil {
		return err
	}
	if err := c.Tx.EndCommand(); err != nil {
		return err
	}
	if !c.Cmd.has(flagWrite) {
		return nil // what has changed since the mark is the work of onGet, if the command runs again without what that hides
	}
	for i := range a.keys {
		o := &a.keys[i]
		err := o.inDB(func() error {
			o.deleted = o.existed && !c.Tx.Alive(o.key)
			o.changed = !o.deleted && c.Tx.Changed(*a.mark, o.key)
			o.stored = c.Tx.ChangedOther(*a.mark, o.key)
			if o.deleted && (o.reveals || o.judgesDeletion()) {
				return c.Tx.Revert(*a.mark, o.key)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// observe collects the keys of the command whose objects have handlers.
func (a *activeRun) observe() {
	c := a.c
	first, db := c.Tx.DB(), c.otherDB()
	c.Cmd.eachKey(c.Args, func(i int, spec *KeySpec) {
		if i == 2 && c.Cmd.Name == "copy" {
			c.Tx.Select(db)
			defer c.Tx.Select(first)
		}
		a.add(c.Args[i], spec)
	})
	if c.Cmd.Name == "move" {
		c.Tx.Select(db)
		a.add(c.Args[1], nil)
		c.Tx.Select(first)
	}
}

// judged returns the events by which handlers may judge what the command does to an object that had a value, or had none.
func (cmd *Command) judged(existed bool) aso.Handlers {
	switch {
	case !cmd.has(flagWrite):
		return 0
	case !existed:
		return 1 << sandbox.OnPut
	case cmd.has(flagExpiring):
		return 1<<sandbox.OnUpdate | 1<<sandbox.OnDelete | 1<<sandbox.OnExpire
	}
	return 1<<sandbox.OnUpdate | 1<<sandbox.OnDelete
}

// add observes key of the selected database, if its object has handlers for what the command may do. spec is nil for a key that is written.
func (a *activeRun) add(key []byte, spec *KeySpec) {
	c := a.c
	existed := c.Tx.Exists(key) // an expired object dies first
	on := c.Tx.PossibleHandlers(key)
	reveals := existed && on.Has(sandbox.OnGet) && spec != nil && c.reveals(spec)
	if !reveals && on&c.Cmd.judged(existed) == 0 {
		return
	}
	o := a.find(c.Tx.DB(), key)
	if o == nil {
		o = a.grow()
		o.db, o.key, o.on, o.existed = c.Tx.DB(), key, on, existed
	}
	o.reveals = o.reveals || reveals
}

// grow appends an observed key of the selected database.
func (a *activeRun) grow() *observed {
	if len(a.keys) == cap(a.keys) {
		a.keys = slices.Grow(a.keys, 1)
	}
	a.keys = a.keys[:len(a.keys)+1]
	o := &a.keys[len(a.keys)-1]
	*o = observed{run: a, db: a.home}
	return o
}

// find returns the observed key, or nil.
func (a *activeRun) find(db int, key []byte) *observed {
	for i := range a.keys {
		if o := &a.keys[i]; o.db == db && bytes.Equal(o.key, key) {
			return o
		}
	}
	return nil
}

// otherDB returns the database of the second key of COPY and MOVE, the selected one if the arguments do not say.
func (c *Call) otherDB() int {
	db := c.Tx.DB()
	switch c.Cmd.Name {
	case "move":
		if n, err := c.database(2); err == nil {
			db = n
		}
	case "copy":
		if n, _, err := c.copyOptions(); err == nil {
			db = n
		}
	}
	return db
}

// inDB calls fn with the database of o selected.
func (o *observed) inDB(fn func() error) error {
	tx := o.run.c.Tx
	selected := tx.DB()
	if selected == o.db {
		return fn()
	}
	tx.Select(o.db)
	defer tx.Select(selected)
	return fn()
}

// judgesDeletion reports whether the object handles its end by the command.
func (o *observed) judgesDeletion() bool {
	return o.on.Has(sandbox.OnDelete) || o.on.Has(sandbox.OnExpire) && o.run.c.Cmd.has(flagExpiring)
}

// isHandlerError reports whether err is a refusal or a failure of a handler.
func isHandlerError(err error) bool { return strings.HasPrefix(err.Error(), "ASO") }

// handle runs the handlers of o for an event. A refusal is an error.
func (o *observed) handle(h sandbox.Handler) (*sandbox.Outcome, error) {
	o.ran, o.judging = true, h
	return o.run.c.handle(o.key, h, o)
}
