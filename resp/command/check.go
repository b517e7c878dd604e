package command

import (
	"errors"
	"log/slog"
	"strings"
	"syscall"

	"comet/aso"
	"comet/resp/wire"
)

const (
	errNoAuth        = aso.Error("NOAUTH Authentication required.")
	errOOM           = aso.Error("OOM command not allowed when used memory > 'maxmemory'.")
	errNotInMulti    = aso.Error("ERR Command not allowed inside a transaction")
	errInternal      = aso.Error("ERR internal error")
	errNestedMulti   = aso.Error("ERR MULTI calls can not be nested")
	errWatchInMulti  = aso.Error("ERR WATCH inside MULTI is not allowed")
	errExecNoMulti   = aso.Error("ERR EXEC without MULTI")
	errDiscardNoMult = aso.Error("ERR DISCARD without MULTI")
	errExecAbort     = aso.Error("EXECABORT Transaction discarded because of previous errors.")
)

// check returns why the client may not run r now, in the order in which Redis looks.
func (b *batch) check(r *request) error {
	ses := b.ses
	if ses.link != nil {
		return b.checkMaster(r)
	}
	if r.err != nil {
		return r.err
	}
	if !ses.authenticated && !r.cmd.has(flagNoAuth) && !b.s.accounts.open() {
		return errNoAuth
	}
	if ses.multi != nil && r.cmd.has(flagNoMulti) {
		return errNotInMulti
	}
	if !ses.isFree() {
		if err := b.s.permit(ses, r.cmd, r.args); err != nil {
			return err
		}
	}
	if b.s.ks.IsShort() && !b.makeRoom() && b.needsMemory(r) {
		return errOOM
	}
	if err := b.checkWrite(r); err != nil {
		return err
	}
	phase := b.s.ks.Phase()
	if phase != aso.Alone && b.isRefusedHere(r) {
		return errReadOnly
	}
	if err := ses.checkSubscribed(r.cmd); err != nil {
		return err
	}
	if phase != aso.Alone {
		if err := b.checkPhase(r, phase); err != nil {
			return err
		}
	}
	return ses.checkMonitor(r.cmd)
}

// checkWrite returns why r may not write now. As in Redis, PING tells it, too.
func (b *batch) checkWrite(r *request) error {
	if b.s.keepsWrites() {
		return nil
	}
	if err := b.s.whyNoWrites(); err != nil && (b.isOrQueued(r, (*request).writes) || r.cmd.Name == "ping") {
		return err
	}
	return nil
}

// isOrQueued reports whether r, or if it is EXEC any command that it would run, is of a kind.
func (b *batch) isOrQueued(r *request, is func(q *request) bool) bool {
	t := b.ses.multi
	if r.cmd.Name != "exec" || t == nil || t.aborted {
		return is(r)
	}
	for i := range t.queued {
		if is(&t.queued[i]) {
			return true
		}
	}
	return false
}

// isRefusedHere reports whether r, or if it is EXEC any command that it would run, writes what clients of a replica may not.
func (b *batch) isRefusedHere(r *request) bool {
	return b.isOrQueued(r, func(q *request) bool { return q.writes() && b.s.isReadOnly(q.cmd) })
}

func (r *request) writes() bool { return r.cmd.writes(r.args) }

func (r *request) takesMemory() bool {
	return r.cmd.has(flagDenyOOM) && (r.cmd.looks == nil || !r.cmd.looks(r.args))
}

// needsMemory reports whether r is refused when memory is short: also what MULTI would have to queue is.
func (b *batch) needsMemory(r *request) bool {
	return b.isOrQueued(r, (*request).takesMemory) || b.ses.multi != nil && !r.cmd.inMulti()
}

// makeRoom lets objects give way that hold more memory than they may, and reports whether that was enough. It makes room for what the commands of
// the batch bring, so that they need not stop for it one by one.
func (b *batch) makeRoom() bool {
	const perCommand, most = 64, 64 << 10
	room := 0
	for i := range b.rest {
		room += perCommand
		for _, arg := range b.rest[i].args {
			room += len(arg)
		}
	}
	b.commit() // no lock may be held
	b.ses.makesRoom = true
	gate, ok := b.s.ks.MakeRoom(int64(min(room, most)), b.ses.Conn.ID(), b.hearAhead)
	b.ses.makesRoom = false
	b.gate = max(b.gate, gate)
	b.s.shortage.note(!ok)
	return ok
}

// reject replies to a command that cannot run.
func (b *batch) reject(r *request, err error) {
	ses := b.ses
	if ses.link != nil {
		b.s.failMaster(ses, r.args, err)
		return
	}
	switch {
	case r.cmd == nil:
		if isHTTP(r.args[0]) {
			slog.Warn("connection closed: the client speaks HTTP, perhaps for somebody who attacks this server", "client", ses.remote())
			ses.closing = true
			ses.Conn.Kill()
			return
		}
	default:
		if !r.cmd.lacksSubcommand(r.args) {
			r.cmd.stats.rejected.Add(1)
		}
		if r.cmd.Name == "exec" {
			b.endMulti()
			err = aso.Error("EXECABORT Transaction discarded because of: " + strings.TrimPrefix(err.Error(), "ERR "))
		}
	}
	ses.abortMulti()
	b.s.replyError(ses.Reply, err)
}

// isHTTP reports whether a command is the beginning of an HTTP request, which a web page may have been made to send.
func isHTTP(name []byte) bool { return equalFold(name, "POST") || equalFold(name, "HOST:") }

// replyError is the one place where an error becomes text for a client. An error that is none of a client's business is logged.
func (s *Server) replyError(reply *wire.Reply, err error) {
	text, known := clientError(err)
	if !known {
		slog.Error("command failed", "error", err)
	}
	if !errors.As(err, new(countedError)) {
		s.CountError(text)
	}
	reply.Error(text)
}

// CountError counts an error that a client was sent.
func (s *Server) CountError(text string) {
	s.Stats.Errors.Add(1)
	s.errors.add(text)
}

// clientError returns err as clients see it; known is false if it is none of their business.
func clientError(err error) (text string, known bool) {
	var e aso.Error
	if known = errors.As(err, &e); !known {
		e = errInternal
	}
	return string(e), known
}

// journalError is what a client is told whose command may or may not survive, because the journal failed.
func journalError(err error) string {
	var errno syscall.Errno // says it shortest; the whole is in the log
	if errors.As(err, &errno) {
		err = errno
	}
	return "MISCONF Errors writing to the AOF file: " + err.Error()
}
