package command

import (
	"fmt"

	"comet/aso"
	"comet/resp/command/acl"
)

// Command is a row of the command table: everything about a command but what it does is its Spec, from which arity errors, slot routing,
// COMMAND, COMMAND DOCS and the documentation are derived.
type Command struct {
	*Spec
	Parent      *Command // of a subcommand
	Subcommands map[string]*Command

	later     map[string]*Command // subcommands that COMMAND does not show, because Redis 7.0 does not have them
	run       func(c *Call) error
	special   func(b *batch, c *Call) // for commands that control the batch itself, such as EXEC
	plain     bool                    // it has a form without a subcommand
	access    access
	flags     flags
	acl       *acl.Command // its place in the rules of users
	keyAccess []acl.Access // what it does to the keys of each specification
	keys      keyRange     // where the keys are, if that is as simple as it mostly is
	single    bool         // it has one key, keys.first
	several   bool         // it may have several, and needs the locks of these only
	brief     bool         // it may be timed together with others
	named     bool         // its name alone says which row it is: there are no subcommands
	full      string       // name|subcommand
	item      int          // see implementation
	ownEvents bool         // runs the handlers of its object itself
	script    bool         // runs a script: in a transaction it needs all locks
	counts    bool         // its look-ups are hits and misses
	function  bool         // it is one of a library
	moreLocks func(args [][]byte, l *aso.Locks)
	unnamed   func(args [][]byte) bool // see implementation
	alone     func(args [][]byte) bool // likewise; may be nil
	looks     func(args [][]byte) bool // likewise; may be nil
	stats     commandStats
}

// access says which locks a command runs under.
type access uint8

const (
	accessKeys  access = iota // those of its keys
	accessNone                // none: it touches no key, and never waits
	accessBare                // likewise, and it needs no Tx: it looks at its arguments and its session only
	accessAll                 // all
	accessAlone               // none, because it may wait, take locks itself or read the journal's state
)

// flags are the command flags that dispatch looks at.
type flags uint32

const (
	flagWrite flags = 1 << iota
	flagReadOnly
	flagDenyOOM
	flagNoMulti
	flagNoAuth
	flagPubSub
	flagFast
	flagSkipSlowlog
	flagSkipMonitor
	flagAdmin
	flagNoScript
	flagReplicates // it may write, or what it does has to reach replicas
	flagLoading    // it runs while a replica loads the data of its master
	flagStale      // it runs while a replica has no link to its master

	// For handlers, from lists of ours instead of the row.
	flagProbing
	flagAboutTime
	flagTakesFirst
	flagMoving
	flagRelocating
	flagExpiring
)

// keyRange is a first key, a last one, counted from the end if negative, and the step between keys. first 0 is none.
type keyRange struct{ first, last, step int }

// end returns where the keys in args have ended.
func (r keyRange) end(args [][]byte) int {
	last := r.last
	if last < 0 {
		last += len(args)
	}
	return min(last+1, len(args))
}

// table is all commands by their lower-case name.
type table map[string]*Command

// lookup finds the row of a request and checks the number of arguments.
func (t table) lookup(args [][]byte) (*Command, error) {
	var buf [64]byte
	cmd := t[string(lower(buf[:0], args[0]))]
	if cmd == nil {
		return nil, errUnknownCommand(args)
	}
	if cmd.Subcommands != nil && len(args) > 1 {
		switch sub := cmd.subcommand(lower(buf[:0], args[1])); {
		case sub != nil:
			cmd = sub
		case !cmd.plain:
			return cmd, errUnknownSubcommand(args)
		}
	}
	if !cmd.acceptsArity(len(args)) {
		return cmd, errArity(cmd.full)
	}
	return cmd, nil
}

// lacksSubcommand reports whether cmd, which lookup found, is only the container of a subcommand that is not there.
func (cmd *Command) lacksSubcommand(args [][]byte) bool {
	return cmd.Subcommands != nil && !cmd.plain && len(args) > 1
}

// subcommand returns the subcommand with a lower-case name.
func (cmd *Command) subcommand(name []byte) *Command {
	if sub := cmd.Subcommands[string(name)]; sub != nil {
		return sub
	}
	return cmd.later[string(name)]
}

// lower appends b with ASCII letters in lower case to dst; a name longer than dst has room for is no command's.
func lower(dst, b []byte) []byte {
	if len(b) > cap(dst) {
		return dst
	}
	for _, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func (cmd *Command) acceptsArity(n int) bool {
	return n == cmd.Arity || cmd.Arity < 0 && n >= -cmd.Arity
}

func (cmd *Command) has(f flags) bool { return cmd.flags&f != 0 }

// writes reports whether a request may write.
func (cmd *Command) writes(args [][]byte) bool {
	return cmd.has(flagWrite) && (cmd.looks == nil || !cmd.looks(args))
}

// addLocks adds the partitions of the keys in args to l. args has the right arity.
func (cmd *Command) addLocks(args [][]byte, l *aso.Locks) {
	if cmd.access == accessAll {
		l.AddAll()
		return
	}
	if cmd.moreLocks != nil {
		cmd.moreLocks(args, l)
	}
	if cmd.access == accessNone || cmd.access == accessBare {
		return
	}
	if r := cmd.keys; r.first > 0 {
		for i := r.first; i < r.end(args); i += r.step {
			l.Add(args[i])
		}
		return
	}
	cmd.eachKey(args, func(i int, _ *KeySpec) { l.Add(args[i]) })
}

// eachKey calls fn for the position of each key in args, with the specification that names it. Arguments that are no proper request
// of the command have no keys beyond what can be made out.
func (cmd *Command) eachKey(args [][]byte, fn func(i int, spec *KeySpec)) {
	for s := range cmd.Keys {
		spec := &cmd.Keys[s]
		first, last, step := spec.find(args)
		for i := first; i > 0 && i <= last && i < len(args); i += step {
			fn(i, spec)
		}
	}
}

// newTable builds the table of all commands that have an implementation. It fails if an implementation has no specification.
func newTable(specs []Spec) (table, error) {
	t := table{}
	missing := implementations()
	for i := range specs {
		cmd := newCommand(&specs[i], nil, missing)
		if cmd != nil {
			t[cmd.Name] = cmd
		}
	}
	t.addLater(missing)
	t.innerLocks("aso.dryrun", dryRunOf)
	t.innerLocks("aso.explain", explainedOf)
	for name := range missing {
		return nil, fmt.Errorf("command %q has no specification", name)
	}
	return t, nil
}

// newCommand makes the row of spec, or returns nil if nothing implements it. It takes what it uses from impls.
func newCommand(spec *Spec, parent *Command, impls map[string]implementation) *Command {
	cmd := &Command{Spec: spec, Parent: parent, full: spec.Name, flags: parseFlags(spec.Flags) | handlerFlags(spec.Name)}
	if len(spec.Subcommands) > 0 {
		cmd.Subcommands = map[string]*Command{}
		for i := range spec.Subcommands {
			if sub := newCommand(&spec.Subcommands[i], cmd, impls); sub != nil {
				cmd.Subcommands[sub.subname()] = sub
			}
		}
	}
	impl, ok := impls[spec.Name]
	delete(impls, spec.Name)
	if !ok && len(cmd.Subcommands) == 0 {
		return nil
	}
	cmd.run, cmd.special, cmd.moreLocks, cmd.ownEvents, cmd.item = impl.run, impl.special, impl.locks, impl.events, impl.item
	cmd.plain, cmd.script, cmd.function, cmd.unnamed, cmd.alone, cmd.counts = impl.plain, impl.script, impl.function, impl.unnamed, impl.alone, impl.reads || cmd.has(flagReadOnly)
	cmd.looks = impl.looks
	if cmd.run == nil {
		cmd.run = func(c *Call) error { return errArity(c.Cmd.full) } // a container without a subcommand
	}
	cmd.brief = impl.brief || cmd.has(flagFast)
	cmd.keyAccess = keyAccess(spec.Keys)
	cmd.keys = simpleRange(spec)
	cmd.named = parent == nil && cmd.Subcommands == nil
	cmd.single = cmd.keys.first > 0 && cmd.keys.first == cmd.keys.last && impl.access == accessKeys && impl.locks == nil
	cmd.several = cmd.keys.first > 0 && !cmd.single && impl.access == accessKeys && impl.locks == nil
	cmd.access = impl.access
	if len(spec.Keys) == 0 && impl.access == accessKeys {
		cmd.access = accessAlone
		if cmd.has(flagFast) {
			cmd.access = accessNone
		}
	}
	return cmd
}

// simpleRange returns the range of keys of a command that has one specification of that form.
func simpleRange(spec *Spec) keyRange {
	if len(spec.Keys) != 1 {
		return keyRange{}
	}
	begin, find := &spec.Keys[0].Begin, &spec.Keys[0].Find
	if begin.Type != "index" || find.Type != "range" || find.Limit != 0 {
		return keyRange{}
	}
	last := find.LastKey
	if last >= 0 {
		last += begin.Index
	}
	return keyRange{begin.Index, last, find.KeyStep}
}

// implementation is what a command does, and under which locks.
type implementation struct {
	run      func(c *Call) error
	special  func(b *batch, c *Call)
	access   access
	locks    func(args [][]byte, l *aso.Locks) // adds to those of the keys; mostly nil
	item     int                               // the first field or member that it looks up, if it has one key; 0 is none
	events   bool                              // the command runs the handlers of its object itself
	plain    bool                              // the command has subcommands, and a form without one
	script   bool                              // the command runs a script
	reads    bool                              // the command writes, but what it looks up counts as read
	function bool                              // which is a function of a library
	alone    func(args [][]byte) bool          // whether a request is accessAlone although the command is not
	looks    func(args [][]byte) bool          // whether a request only reads although the command writes
	brief    bool                              // the command is about as fast with few bytes as those that Redis calls fast
	unnamed  func(args [][]byte) bool          // whether a request also reads keys that no argument names, whose partitions are among locks
}

// family is the commands of one file: by name, or container|subcommand.
type family map[string]implementation
