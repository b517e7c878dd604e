package resp

import (
	"crypto/tls"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"comet/resp/wire"
)

// Conn is the connection of one client. Methods may be called from the goroutine
// that serves it only (that is, from Handler's methods), except those that say
// otherwise. While the client is silent there may be no such goroutine: see turns.
type Conn struct {
	// Reply collects the replies of the running batch.
	Reply *wire.Reply
	// State belongs to the Handler.
	State any

	id     uint64
	server *Server

	tcp    net.Conn        // the socket
	secure *tls.Conn       // what to read from and write to; nil without TLS
	raw    syscall.RawConn // of the socket; nil when it is none

	*work         // nil while the connection rests and holds no bytes
	reply         wire.Reply
	authenticated bool
	looped        bool // the loop gives it its turns
	more          bool // bytes that its turn has not read may be there
	opened        bool // the handler knows it
	closing       bool // after the replies
	armed         bool // the read deadline is as silent clients need it; without a loop
	turns         turns
	behind        *Conn // the next in line, whose mu guards it

	class    atomic.Uint32
	lastSeen atomic.Int64 // Unix milliseconds of the last bytes received
	queryLen atomic.Int64
	queryCap atomic.Int64
	output   output
}

func newConn(s *Server, nc net.Conn, secure *Credentials) *Conn {
	c := &Conn{server: s, tcp: nc}
	if secure != nil {
		c.secure = tls.Server(nc, secure.current.Load())
	}
	if socket, ok := nc.(syscall.Conn); ok {
		c.raw, _ = socket.SyscallConn() // fails only on a closed socket, noticed by the first read
	}
	c.Reply = &c.reply
	c.output.conn = c
	c.lastSeen.Store(time.Now().UnixMilli())
	return c
}

// ID returns the number of the connection, from 1 up. From any goroutine.
func (c *Conn) ID() uint64 { return c.id }

// RemoteAddr returns the client's address as CLIENT LIST writes it: of a Unix socket
// it is its path and port 0. From any goroutine.
func (c *Conn) RemoteAddr() string {
	if unix, ok := c.tcp.LocalAddr().(*net.UnixAddr); ok {
		return unix.Name + ":0"
	}
	return c.tcp.RemoteAddr().String()
}

// LastInteraction returns when bytes last came from the client. From any goroutine.
func (c *Conn) LastInteraction() time.Time { return time.UnixMilli(c.lastSeen.Load()) }

// SetProtocol chooses RESP2 (2) or RESP3 (3) for the replies.
func (c *Conn) SetProtocol(version int) { c.Reply.SetProtocol(version) }

// SetAuthenticated lifts or restores the limits of clients that must log in. A new
// connection is not authenticated; for a user without password Opened must say it
// is. Until then a batch holds a single command.
func (c *Conn) SetAuthenticated(yes bool) {
	c.authenticated = yes
	c.limitsFrom = nil
}

// SetClass chooses the output limit. ClassPubSub and ClassReplica are also exempt
// from the idle timeout. From any goroutine.
func (c *Conn) SetClass(class Class) { c.class.Store(uint32(class)) }

// Class returns what SetClass set. From any goroutine.
func (c *Conn) Class() Class { return Class(c.class.Load()) }

// Defers reports whether the connection waits for those that have a turn with it
// before its replies leave: so their commands are made durable together.
func (c *Conn) Defers() bool { return c.looped }

// CloseAfterReply ends the connection when Batch returns and what is in Reply was
// sent. Later commands are dropped.
func (c *Conn) CloseAfterReply() { c.closing = true }

// Kill ends the connection at once, whatever it is doing; unsent output is lost.
// It does not wait. From any goroutine.
func (c *Conn) Kill() {
	if !c.output.kill() { // before who is parked wakes and replies
		return
	}
	_ = c.tcp.Close() // nothing to tell a connection that is being killed
	c.wake()
}

// ended reports whether no more commands should run.
func (c *Conn) ended() bool {
	return c.output.killed.Load() || c.closing || c.server.stopped()
}

// Usage is the memory of a connection in bytes, as CLIENT LIST names it.
type Usage struct {
	QueryLen  int64 // qbuf: received and not yet released
	QueryFree int64 // qbuf-free: room in the read buffer
	Replies   int64 // obl: bytes being written
	Pushes    int64 // omem: queued pushes; oll is 1 when there are any
	Total     int64 // tot-mem
	File      int   // fd: the descriptor of the socket; -1 if it has none
}

// Usage returns sizes that are exact at the last batch. From any goroutine.
func (c *Conn) Usage() Usage {
	u := Usage{QueryLen: c.queryLen.Load(), File: c.descriptor(), Total: c.Memory()}
	u.QueryFree = max(c.queryCap.Load()-u.QueryLen, 0)
	u.Replies, u.Pushes = c.output.sizes()
	return u
}

// Memory returns Total of Usage. From any goroutine.
func (c *Conn) Memory() int64 {
	const fixed = 1 << 10 // this struct and the session
	replies, pushes := c.output.sizes()
	return fixed + max(c.queryCap.Load(), c.queryLen.Load()) + replies + pushes
}

// descriptor returns that of the socket, -1 if there is none or it is closed.
func (c *Conn) descriptor() int {
	fd := -1
	if c.raw != nil {
		_ = c.raw.Control(func(p uintptr) { fd = int(p) })
	}
	return fd
}
