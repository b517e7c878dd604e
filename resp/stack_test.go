package resp_test

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"comet/aso"
	"comet/resp"
	"comet/resp/command"
	"comet/resp/command/oracletest"
)

// stack is the whole server, in this process and over the real network.
type stack struct {
	ks     *aso.Keyspace
	server *resp.Server
	addr   net.Addr
	stop   func() // ends it and waits for all its goroutines; the end of the test does so too
}

// startStack starts a server whose units go to journal, which may be nil.
func startStack(t testing.TB, journal aso.Committer) *stack {
	t.Helper()
	return serveKeyspace(t, aso.New(aso.Options{Committer: journal}))
}

func serveKeyspace(t testing.TB, ks *aso.Keyspace) *stack {
	t.Helper()
	config, err := command.NewConfig()
	if err == nil {
		err = config.Load([]string{"--port", "0", "--enable-debug-command", "yes", "--appendonly", "no", "--save", ""})
	}
	if err != nil {
		t.Fatal(err)
	}
	commands, err := command.NewServer(ks, command.Options{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	s := &stack{ks: ks, server: resp.Connect(commands, slog.New(slog.DiscardHandler))}
	if s.addr, err = s.server.Listen(resp.Endpoint{Network: "tcp", Address: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var expirer sync.WaitGroup
	expirer.Go(func() { _ = ks.Run(ctx) }) // it ends with the error of a journal that fails on purpose
	s.stop = sync.OnceFunc(func() {
		killed, kill := context.WithCancel(context.Background())
		kill() // clients that the test left need not be waited for
		_ = s.server.Shutdown(killed)
		cancel()
		expirer.Wait()
	})
	t.Cleanup(func() {
		s.stop()
		if n := s.server.Metrics().Panics.Load(); n > 0 {
			t.Errorf("%d commands panicked", n)
		}
	})
	return s
}

// yieldingJournal keeps nothing, and lets others run before anything is durable.
type yieldingJournal struct{ last atomic.Uint64 }

func (j *yieldingJournal) Append([]byte) uint64 { return j.last.Add(1) }

func (j *yieldingJournal) Commit(uint64) error {
	runtime.Gosched()
	return nil
}

func (*yieldingJournal) Kept(uint64) bool { return false }

// journal keeps units in memory. It makes them durable as fast as they come, or, once held, not before release or fail.
type journal struct {
	mu      sync.Mutex // guards all below
	changed sync.Cond
	units   [][]byte
	durable uint64
	held    bool
	waiting int // calls of Commit that have to wait
	err     error
}

func newJournal() *journal {
	j := &journal{}
	j.changed.L = &j.mu
	return j
}

func (j *journal) Append(unit []byte) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.units = append(j.units, slices.Clone(unit))
	return uint64(len(j.units))
}

func (j *journal) Commit(seq uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.waiting++
	j.changed.Broadcast()
	for j.held && j.err == nil && seq > j.durable {
		j.changed.Wait()
	}
	j.waiting--
	if j.err == nil {
		j.durable = max(j.durable, seq)
	}
	if seq <= j.durable {
		return nil
	}
	return j.err
}

func (j *journal) Kept(seq uint64) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return seq <= j.durable
}

// hold makes all later units wait.
func (j *journal) hold() { j.set(func() { j.held = true }) }

// release makes all units durable and goes on as if never held.
func (j *journal) release() {
	j.set(func() { j.held = false })
}

// fail makes all later units fail, and those that wait.
func (j *journal) fail(err error) { j.set(func() { j.err = err }) }

func (j *journal) set(change func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change()
	j.changed.Broadcast()
}

// awaitWaiting returns when n calls of Commit have to wait.
func (j *journal) awaitWaiting(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.waiting < n {
		j.changed.Wait()
	}
}

// load returns the keyspace that the units make.
func (j *journal) load(t testing.TB, now func() int64) *aso.Keyspace {
	j.mu.Lock()
	defer j.mu.Unlock()
	ks := aso.New(aso.Options{Now: now})
	l := ks.NewLoader()
	defer l.Close()
	for i, unit := range j.units {
		if err := l.Unit(uint64(i+1), unit); err != nil {
			t.Error(err)
		}
	}
	return ks
}

// peer is a client.
type peer struct {
	t  testing.TB
	nc net.Conn
	r  *bufio.Reader
}

func (s *stack) dial(t testing.TB) *peer {
	t.Helper()
	nc, err := net.Dial(s.addr.Network(), s.addr.String())
	if err != nil {
		t.Errorf("dial: %v", err)
		t.FailNow()
	}
	p := &peer{t: t, nc: nc, r: bufio.NewReader(nc)}
	t.Cleanup(p.close)
	return p
}

func (p *peer) close() { _ = p.nc.Close() }

// send sends commands in one piece.
func (p *peer) send(cmds ...[]string) {
	if err := p.trySend(cmds...); err != nil {
		p.t.Errorf("send: %v", err)
	}
}

func (p *peer) trySend(cmds ...[]string) error {
	var b []byte
	for _, words := range cmds {
		b = append(strconv.AppendInt(append(b, '*'), int64(len(words)), 10), "\r\n"...)
		for _, w := range words {
			b = append(strconv.AppendInt(append(b, '$'), int64(len(w)), 10), "\r\n"+w+"\r\n"...)
		}
	}
	p.hurry()
	_, err := p.nc.Write(b)
	return err
}

// hurry makes the test fail if what comes next hangs.
func (p *peer) hurry() { _ = p.nc.SetDeadline(time.Now().Add(time.Minute)) }

// read returns the next reply.
func (p *peer) read() oracletest.Frame {
	p.hurry()
	f, err := oracletest.ReadFrame(p.r)
	if err != nil {
		p.t.Errorf("read: %v", err)
		p.t.FailNow()
	}
	return f
}

// call sends a command and returns the reply.
func (p *peer) call(words ...string) oracletest.Frame {
	p.send(words)
	return p.read()
}

// expectNothing fails the test if anything came that was not read.
func (p *peer) expectNothing(who string) {
	p.t.Helper()
	if p.r.Buffered() > 0 {
		p.t.Errorf("%s got something: %d bytes", who, p.r.Buffered())
		return
	}
	raw, err := p.nc.(*net.TCPConn).SyscallConn()
	if err != nil {
		p.t.Error(err)
		return
	}
	b := make([]byte, 200)
	n := 0
	err = raw.Control(func(fd uintptr) { n, _, _ = syscall.Recvfrom(int(fd), b, syscall.MSG_PEEK) })
	if err != nil || n > 0 {
		p.t.Errorf("%s got something: %q, %v", who, b[:max(n, 0)], err)
	}
}
