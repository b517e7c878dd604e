package replica

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
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
}

func address(m aso.Master) string { return net.JoinHostPort(m.Host, strconv.Itoa(m.Port)) }

// connect makes a link and uses it until it ends.
func (t *task) connect(ctx context.Context) error {
	t.note(t.epoch, func(l *command.Link) { l.State = command.LinkConnecting })
	nc, err := t.dial(ctx)
	if err != nil {
		return err
	}
	c := newConn(nc, time.Duration(t.config.ReplTimeout.Load())*time.Second)
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
	d := &net.Dialer{Timeout: time.Duration(t.config.ReplTimeout.Load()) * time.Second}
	if !t.config.TLSReplicate.Load() {
		return d.DialContext(ctx, "tcp", address(t.at))
	}
	config, err := t.tlsConfig()
	if err != nil {
		return nil, err
	}
	return (&tls.Dialer{NetDialer: d, Config: config}).DialContext(ctx, "tcp", address(t.at))
}

// tlsConfig returns what is shown to and asked of the master: as in Redis the certificates of the server itself, and any name in that of the master.
func (t *task) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true} //nolint:gosec // VerifyConnection checks all but the name
	if file := t.config.TLSCertFile.Load(); file != "" {
		cert, err := tls.LoadX509KeyPair(file, t.config.TLSKeyFile.Load())
		if err != nil {
			return nil, fmt.Errorf("load certificate %q: %w", file, err)
		}
		c.Certificates = []tls.Certificate{cert}
	}
	var roots *x509.CertPool // nil: those of the system
	if file := t.config.TLSCACertFile.Load(); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("load authorities: %w", err)
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("load authorities %q: no certificate in it", file)
		}
	}
	c.VerifyConnection = func(s tls.ConnectionState) error {
		opt := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, cert := range s.PeerCertificates[1:] {
			opt.Intermediates.AddCert(cert)
		}
		_, err := s.PeerCertificates[0].Verify(opt)
		return err
	}
	return c, nil
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
	return errors.Join(err, t.ks.Wait(gate))
}

// lose notes that the objects are not those of the master at any offset.
func (t *task) lose() error {
	t.at.ReplID, t.at.Offset, t.at.DB = "", 0, 0
	t.at.Phase = aso.Unsynced
	return t.setHistory(aso.Unsynced)
}
