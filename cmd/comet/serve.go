package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"comet/aso"
	"comet/persist"
	"comet/resp"
	"comet/resp/command"
	"comet/resp/replica"
	"comet/scripts"
)

// server is what runs, in the order in which it is started; it is ended in reverse.
type server struct {
	config    *command.Config
	log       *slog.Logger
	daemon    *detachment // nil: somebody else has started the process
	disk      *disk
	ks        *aso.Keyspace
	saver     *saver
	cmds      *command.Server
	master    *replica.Follower
	net       *resp.Server
	metrics   *http.Server // nil: none
	metricsAt string

	background sync.WaitGroup
	stopping   context.CancelFunc // ends the background goroutines
	end        chan struct{}      // closed by SHUTDOWN
	endOnce    sync.Once
	noSave     bool // written before end is closed
}

func newServer(config *command.Config, log *slog.Logger) *server {
	return &server{config: config, log: log, disk: &disk{config: config, log: log}, end: make(chan struct{})}
}

// serve starts the server, prints where it is, and ends it when ctx ends or a client says SHUTDOWN.
func serve(ctx context.Context, config *command.Config, stdout, stderr io.Writer) error {
	signals, stop := untilSignal(ctx)
	defer stop()
	log, err := openLog(config, stderr)
	if err != nil {
		return err
	}
	if names := config.Ineffective(); len(names) > 0 {
		log.Info("parameters without an effect in Comet", "parameters", strings.Join(names, " "))
	}
	if err := followRuntime(config); err != nil {
		return err
	}
	s := newServer(config, log)
	s.daemon = findDetachment()
	addrs, err := s.start()
	if err != nil {
		if stopErr := s.stop(); stopErr != nil {
			log.Debug("end of a failed start", "error", stopErr)
		}
		return err
	}
	defer s.writePidFile()()
	if s.saver.records > 0 {
		log.Info("loaded", "records", s.saver.records, "took", s.saver.loaded.Round(time.Millisecond))
	}
	fmt.Fprintln(stdout, s.welcome(addrs))
	if err := s.daemon.finish(); err != nil {
		return errors.Join(err, s.stop())
	}
	s.tellSupervisor("STATUS=Ready to accept connections\nREADY=1\n")
	for !s.isToEnd(signals) {
		signals, stop = untilSignal(ctx)
		defer stop()
	}
	s.tellSupervisor("STOPPING=1\n")
	return s.stop()
}

// start opens everything, from the disk to the network.
func (s *server) start() ([]net.Addr, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	s.config.OnChange(command.ConcernDisk, s.configureDisk)
	s.net = resp.Connect(s.cmds, s.log)
	s.master = replica.New(s.cmds, s.log)
	score := newOOMScore(s.config, s.ks, s.log)
	s.cmds.SetFollower(scoredFollower{s.master, score})
	s.config.OnChange(command.ConcernProcess, score.apply)
	_ = score.apply() // has logged what is wrong; as in Redis, the server starts
	s.startBackground(score)
	if err := s.listenMetrics(); err != nil {
		return nil, err
	}
	return s.listen()
}

// open opens the data and what runs commands on it.
func (s *server) open() error {
	kept := s.config.AppendOnly.Load() || len(s.config.Save.Load()) > 0
	if kept {
		if err := s.disk.open(); err != nil {
			return err
		}
	}
	s.newKeyspace()
	if err := s.openSecretKey(); err != nil {
		return err
	}
	if err := s.loadCatalogue(); err != nil {
		return err
	}
	s.saver = newSaver(s.ks, s.disk, s.config, s.log)
	var err error
	s.cmds, err = command.NewServer(s.ks, command.Options{Config: s.config, Persistence: s.saver, Shutdown: s.shutdown}) // also sets the limits that loading needs
	if err != nil {
		return err
	}
	if kept {
		if err := s.load(); err != nil {
			return err
		}
		s.warnOfSecrets()
	}
	return nil
}

// load fills the keyspace from the disk.
func (s *server) load() error {
	err := s.saver.load()
	var damage *persist.DamageError
	if errors.As(err, &damage) {
		return fmt.Errorf("%w (the repair option is --comet-repair yes)", err)
	}
	return err
}

// listen opens the doors.
func (s *server) listen() ([]net.Addr, error) {
	if err := s.limitClients(); err != nil {
		return nil, err
	}
	addrs, err := s.net.ListenAll(s.config)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w (another server is there: end it, or choose another --port)", err)
	}
	return addrs, err
}

func (s *server) newKeyspace() {
	opt := aso.Options{Databases: int(s.config.Databases.Load())}
	if s.config.AppendOnly.Load() {
		opt.Committer = s.disk.store.Load()
	}
	s.ks = aso.New(opt)
}

// loadCatalogue makes the handlers that come with the program known.
func (s *server) loadCatalogue() error {
	sources, err := scripts.All()
	if err != nil {
		return err
	}
	for _, source := range sources {
		if err := s.ks.LoadBuiltin(source); err != nil {
			return fmt.Errorf("handler catalogue: %w", err)
		}
	}
	return nil
}

// configureDisk tells the store of changes at run time.
func (s *server) configureDisk() error {
	policy, err := persist.ParsePolicy(s.config.AppendFsync.Load())
	if err != nil {
		return err
	}
	if len(s.config.Save.Load()) > 0 || s.config.AppendOnly.Load() {
		if err := s.saver.keep(); err != nil {
			return err
		}
	}
	if store := s.disk.store.Load(); store != nil {
		store.SetPolicy(policy)
	}
	return s.saver.setJournal(s.config.AppendOnly.Load())
}

// startBackground starts the expirer, the follower, the saver, and what follows the role.
func (s *server) startBackground(score *oomScore) {
	ctx, cancel := context.WithCancel(context.Background())
	s.stopping = cancel
	s.background.Go(func() {
		for ctx.Err() == nil {
			if err := s.ks.Run(ctx); err != nil {
				s.cmds.StopWrites(err)
			}
		}
	})
	s.background.Go(func() { s.master.Run(ctx) })
	s.background.Go(func() { score.run(ctx) })
	s.background.Go(func() { s.saver.run(ctx, s.cmds) })
}

// shutdown is SHUTDOWN: it fails if a snapshot that is wanted cannot be made.
func (s *server) shutdown(how command.Shutdown) error {
	if how.Save || s.savesAtEnd() && !how.NoSave {
		if err := s.saver.Save(); err != nil && !how.Force {
			return err
		}
	}
	s.endOnce.Do(func() {
		s.noSave = how.NoSave
		close(s.end)
	})
	return nil
}

// savesAtEnd reports whether a snapshot is all that keeps the data.
func (s *server) savesAtEnd() bool {
	return !s.config.AppendOnly.Load() && len(s.config.Save.Load()) > 0
}

// stop ends what start has started: clients first, the disk last.
func (s *server) stop() error {
	var errs []error
	if s.net != nil {
		s.cmds.End()
		patience := time.Duration(s.config.ShutdownTimeout.Load()) * time.Second
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.net.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
			s.log.Warn("clients closed that did not take their replies", "waited", patience)
		} else if err != nil {
			errs = append(errs, err)
		}
	}
	if s.metrics != nil {
		errs = append(errs, s.closeMetrics())
	}
	if s.stopping != nil {
		s.stopping()
		s.background.Wait()
	}
	if s.net != nil && s.savesAtEnd() && !s.noSave && s.ks.Metrics.Changes.Load() > 0 {
		errs = append(errs, s.saver.snapshot(context.Background()))
	}
	return errors.Join(append(errs, s.disk.close())...)
}

// welcome is the line that says where everything is.
func (s *server) welcome(addrs []net.Addr) string {
	var where []string
	for _, addr := range addrs {
		where = append(where, addr.String())
	}
	data := "in memory only"
	if s.disk.store.Load() != nil {
		data = "in " + s.config.Dir.Load()
	}
	if s.metrics != nil {
		data += "; metrics at " + s.metricsAt
	}
	return fmt.Sprintf("comet %s is ready: listens on %s; data %s; try: redis-cli %s ping",
		command.Version, strings.Join(where, " and "), data, s.cliOptions())
}

// cliOptions are what redis-cli needs to connect.
func (s *server) cliOptions() string {
	switch {
	case s.config.Port.Load() != 0:
		return fmt.Sprintf("-p %d", s.config.Port.Load())
	case s.config.UnixSocket.Load() != "":
		return "-s " + s.config.UnixSocket.Load()
	default:
		return fmt.Sprintf("--tls -p %d", s.config.TLSPort.Load())
	}
}
