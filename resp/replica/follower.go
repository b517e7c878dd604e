package replica

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"comet/aso"
	"comet/resp/command"
)

// Follower holds the link to the master that a keyspace names.
type Follower struct {
	server  *command.Server
	ks      *aso.Keyspace
	config  *command.Config
	log     *slog.Logger
	changed chan struct{} // has one element when the keyspace may have another master

	mu   sync.Mutex // guards all below; a leaf lock
	link command.Link
	end  context.CancelFunc // ends what is done for the present master; nil if nothing is
}

// How long to wait before another try after a link broke: ever longer.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// New returns a follower for the keyspace of server.
func New(server *command.Server, log *slog.Logger) *Follower {
	return &Follower{
		server: server, ks: server.Keyspace(), config: server.Config(), log: log, changed: make(chan struct{}, 1),
		link: command.Link{State: command.LinkWaiting},
	}
}

// Changed tells that the keyspace has another master now, or none.
func (f *Follower) Changed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.link = command.Link{State: command.LinkWaiting, Full: f.link.Full, Partial: f.link.Partial}
	select {
	case f.changed <- struct{}{}:
	default:
	}
	if f.end != nil {
		f.end()
	}
}

// Link describes the link to the master.
func (f *Follower) Link() command.Link {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.link
}

// Run follows whom the keyspace names until ctx ends.
func (f *Follower) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if m, epoch := f.ks.Master(); m.Phase != aso.Alone {
			f.follow(ctx, m, epoch)
			continue
		}
		select {
		case <-ctx.Done():
		case <-f.changed:
			f.tellOfNobody()
		}
	}
}

func (f *Follower) tellOfNobody() {
	if m, _ := f.ks.Master(); m.Phase == aso.Alone {
		f.log.Info("following nobody", "before", address(m), "offset", m.Offset)
	}
}

// begin makes the context of all that is done for a master. It returns nil if that is not the one to follow any more.
func (f *Follower) begin(ctx context.Context, epoch uint64) (context.Context, context.CancelFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.changed: // it is about the decision epoch, or a later one
	default:
	}
	if _, now := f.ks.Master(); now != epoch {
		return nil, nil
	}
	ctx, f.end = context.WithCancel(ctx)
	return ctx, f.end
}

// follow keeps up the link to a master until another decision is made or ctx ends.
func (f *Follower) follow(ctx context.Context, m aso.Master, epoch uint64) {
	ctx, end := f.begin(ctx, epoch)
	if ctx == nil {
		return
	}
	defer end()
	log := f.log.With("master", address(m))
	log.Info("following a master")
	t := &task{Follower: f, log: log, epoch: epoch, at: m}
	pause := firstPause
	for ctx.Err() == nil {
		before := t.at
		err := t.try(ctx)
		if ctx.Err() != nil {
			return
		}
		f.noteDown(err)
		var fatal *stopError
		if errors.As(err, &fatal) {
			log.Error("following stopped until REPLICAOF is given again", "error", err)
			<-ctx.Done()
			return
		}
		if t.at != before { // something has come
			pause, t.tries = firstPause, tries{}
		}
		t.tries.failed(log, err, pause, time.Now())
		wait(ctx, pause)
		pause = min(2*pause, longestPause)
	}
}

// wait returns after d, or when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// note changes what there is to say of the link, unless the decision epoch is not in force any more.
func (f *Follower) note(epoch uint64, change func(l *command.Link)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, now := f.ks.Master(); now == epoch {
		change(&f.link)
	}
}

func (f *Follower) noteDown(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.link.State == command.LinkUp {
		f.link.Down = time.Now()
	}
	f.link.State = command.LinkWaiting
	var fatal *stopError
	if errors.As(err, &fatal) {
		f.link.Failure = err.Error()
	}
}

// stopError is an error that another try would end with, too.
type stopError struct{ cause error }

func (e *stopError) Error() string { return e.cause.Error() }
func (e *stopError) Unwrap() error { return e.cause }
