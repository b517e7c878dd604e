// Package command is what clients can ask for: the command table, one file per family, and the running of batches of commands against
// a keyspace. It knows sessions, not sockets.
//
// The table is made of two things: a specification per command (docs/commands.json, recorded from Redis 7.0.15, and docs/aso*.json in
// the same form) and a function per command, in the family variables. Everything else, such as COMMAND, arity errors, slot routing
// and locks, is derived from them.
package command

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"comet/aso"
)

// Server is what all sessions share.
type Server struct {
	ks    *aso.Keyspace
	table table // by the names that the rules of users, handlers and the stream of a master use
	names table // by those that clients and scripts use: see renamed
	Stats Stats

	config        *Config
	persistence   Persistence
	shutdown      func(Shutdown) error
	network       func() NetworkStats          // nil: there is none
	networkReset  atomic.Pointer[NetworkStats] // what it was at the last CONFIG RESETSTAT; nil: there was none
	started       time.Time
	writesStopped atomic.Pointer[error] // why commands that write are refused
	saveFailed    atomic.Bool           // the last snapshot

	runID    string // random
	replID   atomic.Pointer[string]
	follower Follower                   // nil: nobody can be followed
	left     atomic.Pointer[aso.Master] // whom it followed last, until REPLICAOF NO ONE; nil if nobody
	hub      *hub
	scripts  *scripts
	tracking *tracking
	monitors monitors
	clients  clients
	accounts *accounts
	pause    pause
	slowlog  slowlog
	latency  latencyMonitor
	errors   errorStats
	shortage shortage
	opsRate  rate
	inRate   rate // of bytes
	outRate  rate
	linkRate rate // of bytes from the master

	functions *functions
	ending    context.Context // what commands wait for besides clients and locks ends with it
	end       context.CancelFunc

	crowd crowd

	blockMu sync.Mutex // guards the blocking field of sessions
}

// Options are what a server is made with.
type Options struct {
	Config      *Config
	Persistence Persistence          // nil: nothing is kept
	Shutdown    func(Shutdown) error // ends the process, soon after it returned nil; nil: SHUTDOWN is refused
}

// Stats counts what a server has done since it started.
type Stats struct {
	Commands atomic.Int64
	Blocked  atomic.Int64 // clients waiting now
	Errors   atomic.Int64 // error replies
	Dumps    atomic.Int64 // sent by SYNC

	EvictedClients atomic.Int64

	Timed        atomic.Int64 // clients waiting now, with a timeout
	Payloads     atomic.Int64 // of RESTORE that were checked
	MasterErrors atomic.Int64 // commands of the master that failed
	MasterBytes  atomic.Int64 // read from masters
	ExpireTime   atomic.Int64 // nanoseconds that rounds of expiry took
}

// NewServer returns a server for the objects of ks.
func NewServer(ks *aso.Keyspace, opt Options) (*Server, error) {
	specs, err := loadSpecs()
	if err != nil {
		return nil, err
	}
	t, err := newTable(specs)
	if err != nil {
		return nil, err
	}
	names, err := t.renamed(opt.Config.renamings)
	if err != nil {
		return nil, err
	}
	s := &Server{
		ks: ks, table: t, names: names, config: opt.Config, persistence: opt.Persistence, shutdown: opt.Shutdown, started: time.Now(),
	}
	replID := newRunID()
	s.replID.Store(&replID)
	s.runID, s.hub, s.scripts = newRunID(), newHub(), newScripts()
	s.functions = newFunctions()
	s.ending, s.end = context.WithCancel(context.Background())
	if s.accounts, err = newAccounts(s.config, specs, t); err != nil {
		return nil, err
	}
	ks.SetExecutor(s.executeFor)
	ks.OnDuration(s.noteDuration)
	s.tracking = newTracking(s)
	ks.SetTracker(s.tracking)
	ks.SetPublisher(deliverer{s.hub, s.tracking})
	s.config.OnChange(ConcernKeyspace, s.configureKeyspace)
	s.config.OnChange(ConcernKeyspace, s.configureClients) // maxmemory
	s.config.OnChange(ConcernClients, s.configureClients)
	s.config.OnChange(ConcernAccess, s.configureAccess)
	s.config.userLines = s.accounts.userLines
	return s, errors.Join(s.configureKeyspace(), s.configureClients())
}

// Config returns the parameters of s.
func (s *Server) Config() *Config { return s.config }

// End lets commands that wait for other servers, or make a dump, fail from now on.
func (s *Server) End() { s.end() }

// newRunID returns 40 random hexadecimal digits.
func newRunID() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
