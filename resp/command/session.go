package command

import (
	"net"
	"sync/atomic"
	"time"

	"comet/aso"
	"comet/resp/wire"
)

// Conn is the connection under a session, as commands see it. Package resp implements it.
type Conn interface {
	ID() uint64
	RemoteAddr() net.Addr
	LocalAddr() net.Addr
	// Push queues a copy of b for the client; any goroutine may call it, and it never waits.
	Push(b []byte)
	// Kill closes the connection at once; any goroutine may call it.
	Kill()
	// CloseAfterReply closes the connection when the replies so far are out.
	CloseAfterReply()
	// Flush sends the replies so far.
	Flush() error
	// Park waits until wake is closed or deadline (zero is none), and watches the client meanwhile.
	Park(wake <-chan struct{}, deadline time.Time) ParkResult
	// SetAuthenticated lifts the limits on requests of unknown clients.
	SetAuthenticated()
	// SetSubscriber tells whether the output limits of subscribers apply.
	SetSubscriber(on bool)
	// Usage returns the sizes that CLIENT LIST shows.
	Usage() ConnUsage
	// Memory returns Total of Usage; any goroutine may call it.
	Memory() int64
}

// ParkResult says how a wait ended.
type ParkResult int

// The ends of a wait.
const (
	ParkWoken ParkResult = iota
	ParkTimeout
	ParkGone // the client closed the connection, or it was killed
)

// ConnUsage is the memory of a connection, in bytes.
type ConnUsage struct {
	QueryBuffer, QueryBufferFree, Output, OutputList int

	Total int // with what the server keeps of the client
	File  int // not memory: the descriptor of the socket, -1 if there is none
}

// Session is a client: what a connection has chosen and begun. It belongs to the connection's goroutine, except where a lock is named. There are
// many, and most have nothing to do: its size is that of an idle connection, so what few clients need is behind a pointer.
type Session struct {
	Conn  Conn
	Reply *wire.Reply

	db      int
	account atomic.Pointer[account] // the user that the client is; set by its own goroutine. Nil if a handler is the client
	created int64                   // Unix milliseconds
	link    *masterLink             // nil unless it is the master that the server follows

	// Defers lets Batch leave it to Settle to make durable what replies tell of, so that those of several clients leave together.
	Defers bool
	debt   debt

	authenticated bool
	noTouch       bool // CLIENT NO-TOUCH
	raw           bool // ASO.RAW: its commands go past handlers
	closing       bool
	inExec        bool // a command of EXEC is running, or of a script
	inScript      bool // a command of a script is running
	caching       bool // CLIENT CACHING was given
	makesRoom     bool // objects give way to its running command
	silent        silence

	last     *Command     // the last one
	multi    *transaction // between MULTI and EXEC
	watch    aso.Watch
	subs     subscriptions
	blocking blockState
	profile  profile
	weight   atomic.Int64 // what it counts in Server.crowd; -1 once it is gone

	tracking    atomic.Pointer[trackMode] // nil: nothing is tracked. Set by its own goroutine
	redirBroken atomic.Bool               // the client that messages are redirected to is gone
	monitoring  atomic.Bool               // MONITOR; set by its own goroutine
	dump        dumpWish
	around      *around // nil until there is something
}

// around is what a client is told beside the reply of the running command, and what of that it is told though it wants no reply.
type around struct{ ahead, after, loud []byte }

// tellAhead puts b in front of the reply of the running command.
func (ses *Session) tellAhead(b []byte) {
	ses.makeAround()
	ses.around.ahead = append(ses.around.ahead, b...)
}

// tellAfter puts b behind the reply of the running command.
func (ses *Session) tellAfter(b []byte) {
	ses.makeAround()
	ses.around.after = append(ses.around.after, b...)
}

// isSilent reports whether the client gets no reply to the running command.
func (ses *Session) isSilent() bool { return ses.silent == repliesOff || ses.silent == skipThis }

// speakUp lets the client have b, messages and what became of subscriptions, which stand in the reply, also if it wants no reply.
func (ses *Session) speakUp(b []byte) {
	if ses.isSilent() {
		ses.makeAround()
		ses.around.loud = append(ses.around.loud, b...)
	}
}

func (ses *Session) makeAround() {
	if ses.around == nil {
		ses.around = new(around)
	}
}

// silence is what CLIENT REPLY asked for.
type silence uint8

const (
	repliesOn silence = iota
	repliesOff
	skipNext // the reply of the next command
	skipThis // the reply of the running one
)

// NewSession returns the session of a new connection.
func (s *Server) NewSession(conn Conn, reply *wire.Reply) *Session {
	ses := s.newSession(conn, reply)
	s.clients.add(ses)
	s.Weigh(ses)
	return ses
}

// newSession returns a session that other clients do not see yet.
func (s *Server) newSession(conn Conn, reply *wire.Reply) *Session {
	ses := &Session{Conn: conn, Reply: reply, created: time.Now().UnixMilli()}
	ses.startAs(s.accounts)
	ses.subs.conn = conn
	ses.subs.protocol.Store(int32(reply.Protocol()))
	ses.show(false)
	return ses
}

// Close ends what the session holds in the server.
func (s *Server) Close(ses *Session) {
	s.hub.leave(&ses.subs)
	s.tracking.disable(ses)
	s.monitors.remove(ses)
	ses.unwatch(s.ks)
	s.clients.remove(ses)
	s.crowd.leave(ses)
}

// flush sends the replies of ses so far, and then the messages that waited for them.
func (s *Server) flush(ses *Session) error {
	s.settle(ses)
	err := ses.Conn.Flush()
	ses.subs.release()
	return err
}

// replyAround puts what the client is told besides around the reply of the command that has run, which stands from byte start on.
func (ses *Session) replyAround(start int) {
	a := ses.around
	if a == nil {
		return
	}
	if len(a.ahead) > 0 {
		a.ahead = append(a.ahead, ses.Reply.Bytes()[start:]...)
		ses.Reply.Truncate(start)
		ses.Reply.Raw(a.ahead)
		a.ahead = a.ahead[:0]
	}
	if len(a.after) > 0 {
		ses.Reply.Raw(a.after)
		a.after = a.after[:0]
	}
}

// applySilence takes back the reply that stands from byte start on, if the client asked for none, but for the messages in it.
func (ses *Session) applySilence(start int) {
	if ses.isSilent() {
		ses.Reply.Truncate(start)
	}
	if a := ses.around; a != nil && len(a.loud) > 0 {
		if ses.isSilent() { // else it was reset
			ses.Reply.Raw(a.loud)
		}
		a.loud = a.loud[:0]
	}
	switch ses.silent {
	case skipNext:
		ses.silent = skipThis
	case skipThis:
		ses.silent = repliesOn
	}
}
