package resp

import (
	"net"
	"time"

	"comet/resp/command"
)

// sessions lets a command.Server execute what the clients of a Server send.
type sessions struct{ commands *command.Server }

// sessionConn is what a session sees of its connection.
type sessionConn struct {
	*Conn
	session *command.Session
}

// Opened begins a session.
func (h sessions) Opened(c *Conn) error {
	cl := &sessionConn{Conn: c}
	cl.session = h.commands.NewSession(cl, c.Reply)
	cl.session.Defers = c.Defers()
	c.State = cl
	c.SetAuthenticated(h.commands.AllowsAnyone())
	return nil
}

// Batch executes commands.
func (h sessions) Batch(c *Conn, commands [][][]byte) (consumed int) {
	cl := c.State.(*sessionConn)
	cl.takePushes()
	c.executing = commands
	consumed = h.commands.Batch(cl.session, commands)
	c.executing = nil
	return consumed
}

// Owes reports whether the session owes durability.
func (h sessions) Owes(c *Conn) bool { return c.State.(*sessionConn).session.Owes() }

// Settle makes durable what the sessions of conns owe.
func (h sessions) Settle(conns ...*Conn) {
	owing := make([]*command.Session, len(conns))
	for i, c := range conns {
		owing[i] = c.State.(*sessionConn).session
	}
	h.commands.Settle(owing...)
}

// takePushes moves the pushes that wait to be written in front of the replies of the batch to come: a message that was published before a
// command of its subscriber ran stands before the reply.
func (c *sessionConn) takePushes() {
	if c.Class() == ClassNormal {
		return // what it has, of CLIENT TRACKING, leaves in front of the replies anyway
	}
	c.makeDurable() // what is put behind replies that are owed could be lost with them
	o := &c.output
	o.mu.Lock()
	defer o.mu.Unlock()
	c.Reply.Raw(o.queue)
	o.queue = o.queue[:0]
}

// Refused counts an error.
func (h sessions) Refused(_ *Conn, text string) { h.commands.CountError(text) }

// Closed ends the session.
func (h sessions) Closed(c *Conn) {
	if cl, ok := c.State.(*sessionConn); ok {
		h.commands.Close(cl.session)
	}
}

func (c *sessionConn) RemoteAddr() net.Addr { return c.tcp.RemoteAddr() }

func (c *sessionConn) LocalAddr() net.Addr { return c.tcp.LocalAddr() }

func (c *sessionConn) SetAuthenticated() { c.Conn.SetAuthenticated(true) }

func (c *sessionConn) SetSubscriber(on bool) {
	if on {
		c.SetClass(ClassPubSub)
	} else {
		c.SetClass(ClassNormal)
	}
}

// Park also gives the read buffer back, for a wait may be long; so the batch's arguments are no longer valid.
func (c *sessionConn) Park(wake <-chan struct{}, deadline time.Time) command.ParkResult {
	c.Detach(c.executing)
	switch c.Conn.Park(wake, deadline) {
	case Woken:
		return command.ParkWoken
	case Timeout:
		return command.ParkTimeout
	default:
		return command.ParkGone
	}
}

func (c *sessionConn) Usage() command.ConnUsage {
	u := c.Conn.Usage()
	return command.ConnUsage{
		QueryBuffer: int(u.QueryLen), QueryBufferFree: int(u.QueryFree), Output: int(u.Replies), OutputList: int(u.Pushes),
		Total: int(u.Total), File: u.File,
	}
}
