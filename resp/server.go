package resp

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Handler executes what clients send. Its methods are called from the goroutine of
// the connection, one at a time for each connection.
type Handler interface {
	// Opened is called once, before the first command. On an error the connection
	// is closed after what Opened appended to c.Reply was sent; Closed is called.
	Opened(c *Conn) error
	// Batch executes commands and appends their replies to c.Reply. It returns how
	// many it executed, at least 1; the rest comes again in the next call. Commands
	// are borrowed until it returns (but see wire.BigArg). It should return early
	// when c.ReplyFull. It may block only in c.Park and for durability. If c.Defers it
	// may leave the wait for durability, or for the replies of others, to Settle.
	Batch(c *Conn, commands [][][]byte) (consumed int)
	// Owes reports whether Settle must be called before what is in c.Reply leaves.
	Owes(c *Conn) bool
	// Settle waits until what conns owe is durable, or changes their replies.
	Settle(conns ...*Conn)
	// Refused is told of the error that c was sent because it broke the protocol.
	Refused(c *Conn, text string)
	// Closed is called once, when no other method runs or will be called.
	Closed(c *Conn)
}

// Server accepts connections and serves them.
type Server struct {
	handler  Handler
	log      *slog.Logger
	settings atomic.Pointer[Settings]
	metrics  Metrics
	registry registry

	stopping chan struct{}  // closed by Shutdown
	running  sync.WaitGroup // accepting goroutines, connections until they have ended, goroutines that serve them

	scales  scales
	pushers pushers
	loop    *loop // nil if each connection has a goroutine of its own; set by the first Listen

	relisten sync.Mutex // held while Relisten works

	mu        sync.Mutex // guards all below
	listeners []listener
	closed    bool
	looping   bool // the loop was started
}

// NewServer returns a Server that listens nowhere yet; see Listen.
func NewServer(handler Handler, settings Settings, log *slog.Logger) *Server {
	s := &Server{handler: handler, log: log, stopping: make(chan struct{})}
	s.pushers.server = s
	s.settings.Store(&settings)
	return s
}

// Settings returns the values in force.
func (s *Server) Settings() Settings { return *s.settings.Load() }

// Configure replaces the settings. MaxClients, KeepAlive and protected mode
// concern new connections, the rest all of them.
func (s *Server) Configure(settings Settings) {
	s.settings.Store(&settings)
	s.keepAliveNew()
	for _, c := range s.registry.all() {
		c.poke()
		c.turns.retime(c)
	}
}

// keepAliveNew has the connections to come probed as the settings say.
func (s *Server) keepAliveNew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		keepAliveAll(l.Listener, s.settings.Load().KeepAlive)
	}
}

// Metrics returns the counters, which go on counting.
func (s *Server) Metrics() *Metrics { return &s.metrics }

// Conns yields the connections open now, oldest first.
func (s *Server) Conns() iter.Seq[*Conn] {
	return func(yield func(*Conn) bool) {
		for _, c := range s.registry.all() {
			if !yield(c) {
				return
			}
		}
	}
}

// Conn returns the open connection with this id, or nil.
func (s *Server) Conn(id uint64) *Conn { return s.registry.find(id) }

// Count returns the number of open connections.
func (s *Server) Count() int { return s.registry.count() }

// Shutdown stops accepting, lets running batches finish and send their replies,
// and closes all connections; those that have not ended when ctx does are killed.
// It returns when every goroutine has ended, so a Batch must not block for ever on
// anything but its connection.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.stopping)
	}
	listeners := s.listeners
	s.listeners = nil
	s.mu.Unlock()

	errs := []error{closeListeners(listeners)}
	ended := make(chan struct{})
	go func() {
		s.running.Wait()
		close(ended)
	}()
	for _, c := range s.registry.all() {
		c.poke()
		c.wake()
	}
	select {
	case <-ended:
	case <-ctx.Done():
		errs = append(errs, ctx.Err())
		for _, c := range s.registry.all() {
			c.Kill()
		}
		<-ended
	}
	return errors.Join(append(errs, s.stopLoop())...)
}

// startLoopLocked starts what serves plain connections. Without it each has a
// goroutine of its own, and the order in which they come does not count.
func (s *Server) startLoopLocked() {
	if s.looping {
		return
	}
	s.looping = true
	loop, err := newLoop(s)
	switch {
	case err == nil:
		s.loop = loop
	case !errors.Is(err, errors.ErrUnsupported):
		s.log.Warn("connections have goroutines of their own", "error", err)
	}
}

// stopLoop ends it when all connections have ended.
func (s *Server) stopLoop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.looping {
		return nil
	}
	s.looping = false
	if s.loop == nil {
		return nil
	}
	return s.loop.close()
}

// start counts a connection in; it reports false after Shutdown.
func (s *Server) start() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

func (s *Server) stopped() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

const (
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// accept runs until the listener is closed. When the process is out of
// descriptors or memory it pauses, longer each time, and tries again.
func (s *Server) accept(l net.Listener, secure *Credentials) {
	defer s.running.Done()
	pause := minAcceptPause
	for {
		nc, err := l.Accept()
		if err == nil {
			pause = minAcceptPause
			s.admit(nc, secure)
			continue
		}
		if s.stopped() || errors.Is(err, net.ErrClosed) {
			return
		}
		s.metrics.AcceptErrors.Add(1)
		s.log.Warn("accept failed", "address", l.Addr().String(), "error", err, "pause", pause)
		select {
		case <-time.After(pause):
		case <-s.stopping:
			return
		}
		pause = min(2*pause, maxAcceptPause)
	}
}

// admit starts a connection or refuses it.
func (s *Server) admit(nc net.Conn, secure *Credentials) {
	s.metrics.ConnectionsReceived.Add(1)
	settings := s.settings.Load()
	if refusal := s.refusal(nc, settings); refusal != "" {
		if secure == nil { // no handshake was made
			refuse(nc, refusal)
		}
		_ = nc.Close()
		return
	}
	keepAlive(nc, settings.KeepAlive)
	if !s.start() {
		_ = nc.Close()
		return
	}
	c := newConn(s, nc, secure)
	s.registry.add(c)
	s.running.Go(c.serve)
}

// refusal returns the line for a client that may not connect, or "".
func (s *Server) refusal(nc net.Conn, settings *Settings) string {
	if s.registry.count() >= settings.MaxClients {
		s.metrics.ConnectionsRejected.Add(1)
		return "-ERR max number of clients reached\r\n"
	}
	if settings.ProtectedMode && settings.DefaultUserNoPass && !isLocal(nc) {
		s.metrics.ConnectionsDenied.Add(1)
		return deniedText
	}
	return ""
}

// refuse writes without waiting: a new socket's buffer takes the line, or the
// client does without.
func refuse(nc net.Conn, line string) {
	_ = nc.SetWriteDeadline(time.Now().Add(minAcceptPause))
	_, _ = nc.Write([]byte(line))
}

// deniedText is, byte for byte, that of Redis 7.0.15: tools match it.
const deniedText = "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set " +
	"for the default user. In this mode connections are only accepted from the loopback interface. " +
	"If you want to connect from external computers to Redis you may adopt one of the following solutions: " +
	"1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface " +
	"by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible " +
	"from internet if you do so. Use CONFIG REWRITE to make this change permanent. " +
	"2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting " +
	"the protected mode option to 'no', and then restarting the server. " +
	"3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. " +
	"4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things " +
	"in order for the server to start accepting connections from the outside.\r\n"
