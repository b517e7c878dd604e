package command

import (
	"errors"

	"comet/aso"
	"comet/resp/command/acl"
)

// Errors of commands in scripts, in the words of Redis.
const (
	errScriptUnknown  = aso.Error("ERR Unknown Redis command called from script")
	errScriptArity    = aso.Error("ERR Wrong number of args calling Redis command from script")
	errScriptCommand  = aso.Error("ERR This Redis command is not allowed from script")
	errScriptReadOnly = aso.Error("ERR Write commands are not allowed from read-only scripts.")
)

// Call runs a command of the script and returns its reply, which may be an error.
func (r *scriptRun) Call(args [][]byte, resp3 bool) ([]byte, error) {
	r.reply.Reset()
	r.reply.SetProtocol(protocolOf(resp3))
	cmd, err := r.c.Server.names.lookup(args)
	switch {
	case err != nil:
		err = scriptLookupError(cmd, args)
	default:
		err = r.permit(cmd, args)
	}
	if err != nil {
		r.c.Server.replyError(&r.reply, err)
		if err != errScriptUnknown && !r.c.Tx.IsDryRun() {
			cmd.stats.rejected.Add(1)
		}
		return r.reply.Bytes(), nil
	}
	if err := r.perform(cmd, args); err != nil {
		return nil, err
	}
	return r.reply.Bytes(), nil
}

func protocolOf(resp3 bool) int {
	if resp3 {
		return 3
	}
	return 2
}

// scriptLookupError is the error for a command that does not exist, or not with so many arguments.
func scriptLookupError(cmd *Command, args [][]byte) error {
	if cmd == nil || cmd.lacksSubcommand(args) {
		return errScriptUnknown
	}
	return errScriptArity
}

// permit returns why the script may not run a command, in the order in which Redis looks.
func (r *scriptRun) permit(cmd *Command, args [][]byte) error {
	s := r.c.Server
	if cmd.has(flagNoScript) {
		return errScriptCommand
	}
	if !r.ses.isFree() {
		if err := r.ses.MayRun(cmd, args); err != nil {
			return r.denied(err)
		}
	}
	if cmd.has(flagWrite | flagReplicates) {
		if r.flags&scriptNoWrites != 0 {
			return errScriptReadOnly
		}
		if cmd.has(flagWrite) && !r.dirty && r.ses.link == nil && s.isReadOnly(cmd) {
			return errReadOnly
		}
		if err := s.whyNoWrites(); err != nil && cmd.has(flagWrite) {
			return err
		}
	}
	if r.oom && !r.dirty && cmd.has(flagDenyOOM) && r.flags&scriptAllowOOM == 0 {
		return errOOM
	}
	return nil
}

// denied logs a denial and returns it in the words that scripts get.
func (r *scriptRun) denied(err error) error {
	var d *denial
	if !errors.As(err, &d) {
		return err
	}
	r.c.Session.show(false)
	r.c.Server.logDenial(r.c.Session, aclEntry{reason: d.reason, inScript: true, object: d.object, user: r.ses.user()})
	switch d.reason {
	case acl.DeniedKey:
		return aso.Error("ERR The user executing the script can't access at least one of the keys mentioned in the command arguments")
	case acl.DeniedChannel:
		return aso.Error("ERR The user executing the script can't publish to the channel mentioned in the command")
	default:
		return aso.Error("ERR The user executing the script can't run this command or subcommand")
	}
}

// perform runs a command that has passed all checks. An error says that the Tx lacks the locks of its keys.
func (r *scriptRun) perform(cmd *Command, args [][]byte) error {
	tx := r.c.Tx
	locks := &r.locks
	*locks = aso.Locks{}
	var key []byte
	var hint aso.Hint
	switch {
	case cmd.single:
		key = args[cmd.keys.first]
		hint = aso.HintFor(key)
		locks.AddHint(hint)
	case cmd.access == accessAlone:
		locks.AddAll() // it works through the Tx instead of taking locks
	default:
		cmd.addLocks(args, locks)
	}
	if !tx.Holds(locks) {
		return errMoreLocks
	}
	r.dirty = r.dirty || cmd.has(flagWrite)
	tx.Select(r.ses.db)
	tx.Expect(key, hint)
	c := &r.call
	*c = Call{}
	c.Args, c.Cmd, c.Tx, c.Reply, c.Session, c.Server, c.client = args, cmd, tx, &r.reply, &r.ses, r.c.Server, r.c.Session
	r.invoke()
	r.c.Server.monitors.feed(&r.call)
	if tx.IsDryRun() {
		return nil
	}
	r.count(&cmd.stats, r.call.failed)
	return nil
}

// scriptCalls counts the calls of a command by a script. They are no calls yet: the script may begin anew with more locks.
type scriptCalls struct {
	of            *commandStats
	calls, failed int64
}

// count counts a call of a command.
func (r *scriptRun) count(st *commandStats, failed bool) {
	for i := range r.called[:r.commands] {
		if n := &r.called[i]; n.of == st {
			n.add(failed)
			return
		}
	}
	if r.commands == len(r.called) {
		r.addCalls()
	}
	r.called[r.commands] = scriptCalls{of: st}
	r.called[r.commands].add(failed)
	r.commands++
}

func (n *scriptCalls) add(failed bool) {
	n.calls++
	if failed {
		n.failed++
	}
}

// addCalls adds what was counted to the counters.
func (r *scriptRun) addCalls() {
	for _, n := range r.called[:r.commands] {
		n.of.calls.Add(n.calls)
		if n.failed > 0 {
			n.of.failed.Add(n.failed)
		}
		r.c.Server.Stats.Commands.Add(n.calls)
	}
	r.commands = 0
}

// explain runs the command so that it fires the events of all its keys, and no handler.
func (r *scriptRun) explain() {
	c := &r.call
	err := c.runExplained()
	if endErr := c.Tx.EndCommand(); err == nil {
		err = endErr
	}
	if err != nil {
		c.Reply.Reset()
		c.Server.fail(c, err)
	}
}

// invoke runs the command, which may read what the client of the script caches.
func (r *scriptRun) invoke() {
	s := r.c.Server
	if r.c.Tx.IsExplained() {
		r.explain()
		return
	}
	if m, ok := r.scriptReads(r.call.Cmd); ok {
		r.made = r.c.readTracked(m, r.made, func() { s.invoke(&r.call) })
		return
	}
	s.invoke(&r.call)
}
