package replica_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"comet/aso"
	"comet/aso/redistest"
	"comet/resp"
	"comet/resp/client"
	"comet/resp/command"
	"comet/resp/replica"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long anything may take before a test gives up.
const patience = time.Minute

// redisServer is a real redis-server.
type redisServer struct {
	*conn
	port string
}

// startRedis starts a real redis-server, which does not wait for other replicas before it sends its data.
func startRedis(t testing.TB, options ...string) *redisServer {
	t.Helper()
	s := redistest.Start(t, append([]string{"--repl-diskless-sync-delay", "0"}, options...)...)
	return &redisServer{dial(t, s.Addr), s.Port}
}

// conn is a connection of a test.
type conn struct {
	*client.Conn
	t testing.TB
}

// dial connects to a server that may be starting.
func dial(t testing.TB, addr string) *conn {
	t.Helper()
	var c *client.Conn
	eventually(t, func() (err error) {
		c, err = client.Dial(t.Context(), addr, patience)
		return err
	})
	t.Cleanup(func() { _ = c.Close() })
	return &conn{c, t}
}

// do sends a command, whose words have spaces between them, and returns what is replied as text.
func (c *conn) do(line string) string {
	c.t.Helper()
	return c.words(strings.Fields(line)...)
}

func (c *conn) words(words ...string) string {
	c.t.Helper()
	r, err := c.Do(words...)
	if r.Kind == '-' {
		return "-" + string(r.Text)
	}
	if err != nil {
		c.t.Fatalf("%.200q: %v", words, err)
	}
	return text(r)
}

func text(r client.Reply) string {
	if r.Kind != '*' {
		return string(r.Text)
	}
	var items []string
	for _, item := range r.Items {
		items = append(items, text(item))
	}
	return "[" + strings.Join(items, " ") + "]"
}

// eventually waits until try returns no error.
func eventually(t testing.TB, try func() error) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	err := try()
	for end := time.Now().Add(patience); err != nil && time.Now().Before(end); <-tick.C {
		err = try()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// journal keeps units in memory.
type journal struct {
	mu    sync.Mutex
	units [][]byte
	room  int // units that the disk has room for; 0 is no limit
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
	if j.room > 0 && seq > uint64(j.room) {
		return syscall.ENOSPC
	}
	return nil
}

// fill lets the disk have room for n more units, and any number for a negative n.
func (j *journal) fill(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.room = 0
	if n >= 0 {
		j.room = len(j.units) + n
	}
}

func (*journal) Kept(uint64) bool { return false }

// load returns a keyspace that is made of the journal.
func (j *journal) load(t testing.TB) *aso.Keyspace {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	ks := aso.New(aso.Options{})
	l := ks.NewLoader()
	defer l.Close()
	for i, unit := range j.units {
		if err := l.Unit(uint64(i+1), slices.Clone(unit)); err != nil {
			t.Fatal(err)
		}
	}
	return ks
}

// comet is a server of ours in this process.
type comet struct {
	*conn
	ks       *aso.Keyspace
	follower *replica.Follower
	commands *command.Server
	journal  *journal
	log      *lockedBuffer
	addr     string
}

// lockedBuffer is what a server logs.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// startComet starts a server of ours.
func startComet(t testing.TB, options ...string) *comet {
	t.Helper()
	config, err := command.NewConfig()
	if err == nil {
		err = config.Load(append([]string{"--port", "0", "--enable-debug-command", "yes", "--dir", t.TempDir()}, options...))
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &comet{journal: &journal{}, log: &lockedBuffer{}}
	s.ks = aso.New(aso.Options{Committer: s.journal})
	commands, err := command.NewServer(s.ks, command.Options{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	s.commands = commands
	s.follower = replica.New(commands, slog.New(slog.NewTextHandler(s.log, nil)))
	commands.SetFollower(s.follower)
	server := resp.Connect(commands, slog.New(slog.DiscardHandler))
	addr, err := server.Listen(resp.Endpoint{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.follower.Run(ctx) })
	running.Go(func() {
		if err := s.ks.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		killed, kill := context.WithCancel(context.Background())
		kill()
		_ = server.Shutdown(killed)
		cancel()
		running.Wait()
		if t.Failed() {
			t.Log(s.log)
		}
	})
	s.addr = addr.String()
	s.conn = dial(t, s.addr)
	return s
}

// caughtUp waits until all that the connection to r has written is here.
func (s *comet) caughtUp(r *redisServer) {
	s.t.Helper()
	s.follows(r.port)
	r.do("SELECT 15")
	r.do("INCR mark")
	if got := r.do(fmt.Sprint("WAIT 1 ", patience.Milliseconds())); got != "1" {
		s.t.Fatalf("WAIT: %s", got)
	}
	r.do("SELECT 0")
}

// follows waits until the link is up.
func (s *comet) follows(port string) {
	s.t.Helper()
	eventually(s.t, func() error {
		if link := s.follower.Link(); link.State != command.LinkUp {
			return fmt.Errorf("master %s: %+v", port, link)
		}
		return nil
	})
}

// equals compares all data with those of r, and with what the journal makes. What has expired and r has not deleted yet is missing here, so it may
// take a while.
func (s *comet) equals(r *redisServer) {
	s.t.Helper()
	eventually(s.t, func() error {
		s.caughtUp(r)
		want := r.do("DEBUG DIGEST")
		if got := s.do("DEBUG DIGEST"); got != want {
			return fmt.Errorf("digest %s, the master has %s\n%s", got, want, s.differences(r))
		}
		if got := digestOf(s.t, s.journal.load(s.t)); got != want {
			return fmt.Errorf("digest after a restart %s, the master has %s", got, want)
		}
		return nil
	})
}

// differences lists keys that differ.
func (s *comet) differences(r *redisServer) string {
	var out strings.Builder
	for db := range 16 {
		r.do(fmt.Sprint("SELECT ", db))
		s.do(fmt.Sprint("SELECT ", db))
		keys := strings.Fields(strings.Trim(r.do("KEYS *"), "[]") + " " + strings.Trim(s.do("KEYS *"), "[]"))
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) {
			if a, b := r.do("DEBUG DIGEST-VALUE "+key), s.do("DEBUG DIGEST-VALUE "+key); a != b {
				fmt.Fprintf(&out, "%d %s: %s, want %s\n", db, key, s.do("PEXPIRETIME "+key), r.do("PEXPIRETIME "+key))
			}
		}
	}
	r.do("SELECT 0")
	s.do("SELECT 0")
	return out.String()
}

// digestOf returns the digest of a keyspace.
func digestOf(t testing.TB, ks *aso.Keyspace) string {
	t.Helper()
	config, err := command.NewConfig()
	if err == nil {
		err = config.Load([]string{"--enable-debug-command", "yes"})
	}
	if err != nil {
		t.Fatal(err)
	}
	commands, err := command.NewServer(ks, command.Options{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	server := resp.Connect(commands, slog.New(slog.DiscardHandler))
	defer func() {
		killed, kill := context.WithCancel(context.Background())
		kill()
		_ = server.Shutdown(killed)
	}()
	addr, err := server.Listen(resp.Endpoint{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.Dial(t.Context(), addr.String(), patience)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.Do("DEBUG", "DIGEST")
	if err != nil {
		t.Fatal(err)
	}
	return string(r.Text)
}
