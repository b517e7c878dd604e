package replica

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"comet/aso"
	"comet/resp/command"
)

// task is the following of one master, over as many links as it takes.
type task struct {
	*Follower
	log   *slog.Logger
	epoch uint64
	at    aso.Master // how far its history has been applied
	tries tries      // to get a link
}

func address(m aso.Master) string { return net.JoinHostPort(m.Host, strconv.Itoa(m.Port)) }

// try makes a link and uses it until it ends, unless nothing that comes could be kept.
func (t *task) try(ctx context.Context) error {
	if err := t.server.WritesStopped(); err != nil {
		return err
	}
	if t.at.Phase == aso.Loading { // the process ended meanwhile
		if err := t.abandon(); err != nil {
			return err
		}
	}
	return t.connect(ctx)
}

// connect makes a link and uses it until it ends.
func (t *task) connect(ctx context.Context) error {
	t.note(t.epoch, func(l *command.Link) { l.State = command.LinkConnecting })
	nc, err := t.dial(ctx)
	if err != nil {
		return err
	}
	c := newConn(nc, time.Duration(t.config.ReplTimeout.Load())*time.Second, &t.server.Stats.MasterBytes)
	stop := context.AfterFunc(ctx, c.Kill)
	defer stop()
	defer c.close()
	t.note(t.epoch, func(l *command.Link) { l.State, l.LastIO = command.LinkHandshake, time.Now() })
	start, err := t.handshake(c)
	if err != nil {
		return err
	}
	c.startTelling()
	if start.full {
		if err := t.synchronize(c, start); err != nil {
			return err
		}
	} else if err := t.resume(start); err != nil {
		return err
	}
	return t.stream(c)
}

func (t *task) dial(ctx context.Context) (net.Conn, error) {
	d, err := t.config.Dialer(time.Duration(t.config.ReplTimeout.Load()) * time.Second)
	if err != nil {
		return nil, err
	}
	if !t.config.TLSReplicate.Load() {
		return d.DialContext(ctx, "tcp", address(t.at))
	}
	config, err := t.config.Certificates().Peer()
	if err != nil {
		return nil, err
	}
	return (&tls.Dialer{NetDialer: d, Config: config}).DialContext(ctx, "tcp", address(t.at))
}

// resume goes on where the last link ended.
func (t *task) resume(s start) error {
	t.note(t.epoch, func(l *command.Link) { l.Partial++ })
	t.log.Info("the master goes on where the link ended", "offset", t.at.Offset)
	if s.replID == "" || s.replID == t.at.ReplID {
		return nil
	}
	t.at.ReplID = s.replID // it has become the master of the history since
	return t.setHistory(aso.Following)
}

// setHistory makes how far the task is durable.
func (t *task) setHistory(phase aso.Phase) error {
	tx := t.ks.BeginAll()
	tx.Start(0)
	ok := tx.SetHistory(t.epoch, phase, t.at.ReplID, t.at.Offset, t.at.DB)
	err := tx.End()
	gate := tx.Commit()
	if !ok {
		return command.ErrSuperseded
	}
	return errors.Join(err, t.wait(gate))
}

// wait waits until what was done up to gate is durable. If that fails it is an outage, which may end.
func (t *task) wait(gate uint64) error {
	err := t.ks.Wait(gate)
	if err == nil {
		return nil
	}
	t.server.StopWrites(err)
	return fmt.Errorf("%w: %w", command.ErrOutage, err)
}

// lose notes that the objects are not those of the master at any offset.
func (t *task) lose() error {
	t.at = aso.Master{Host: t.at.Host, Port: t.at.Port, Phase: aso.Unsynced}
	return t.setHistory(aso.Unsynced)
}

// abandon removes all objects, of which a part was loaded: that is worse than none.
func (t *task) abandon() error {
	t.at = aso.Master{Host: t.at.Host, Port: t.at.Port, Phase: aso.Unsynced}
	return t.empty(aso.Unsynced)
}
