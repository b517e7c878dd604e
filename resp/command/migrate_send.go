package command

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"strconv"
	"syscall"

	"comet/aso"
	redis "comet/resp/client"
)

// send sends keys. It returns which of them the target has taken, and why not all, or the connection failed.
func (m *migration) send(list []*parcel) (sent []bool, err error) {
	for {
		sent = make([]bool, len(list))
		var answered int
		answered, err = m.attempt(list, sent)
		var broken *connectionError
		if !errors.As(err, &broken) {
			return sent, err
		}
		m.hangUp()
		if answered > 0 || !m.retry || broken.timeout() {
			return sent, broken.text
		}
		m.retry = false // as Redis does once: nothing was taken
	}
}

// connectionError is a connection that failed.
type connectionError struct {
	text  aso.Error // what the client is told
	cause error
}

func (e *connectionError) Error() string { return string(e.text) + ": " + e.cause.Error() }

func (e *connectionError) timeout() bool {
	return errors.Is(e.cause, os.ErrDeadlineExceeded)
}

// attempt sends keys over one connection, and marks those that the target has taken. answered is how many answers came.
func (m *migration) attempt(list []*parcel, sent []bool) (answered int, err error) {
	if err := m.connect(); err != nil {
		return 0, err
	}
	for _, k := range list {
		words := [][]byte{[]byte("RESTORE"), k.key, strconv.AppendInt(nil, k.ttl, 10), k.payload}
		if m.replace || k.again {
			words = append(words, []byte("REPLACE"))
		}
		if err := m.conn.Send(words...); err != nil {
			return 0, &connectionError{errMigrateWrite, err}
		}
	}
	if err := m.conn.Flush(); err != nil {
		return 0, &connectionError{errMigrateWrite, err}
	}
	var refused error
	for i := range list {
		reply, err := m.conn.Receive()
		switch {
		case err != nil && refused != nil:
			m.hangUp()
			return i, refused
		case err != nil:
			return i, &connectionError{errMigrateRead, err}
		}
		if err := targetError(reply); err == nil {
			sent[i] = true
		} else if refused == nil {
			refused = err
		}
	}
	return len(list), refused
}

// targetError is the error for what the target has replied, nil if that is none.
func targetError(reply redis.Reply) error {
	if err := reply.Err(); err != nil {
		return aso.Error("ERR Target instance replied with error: " + err.Error())
	}
	return nil
}

// connect makes the connection, if there is none, says who asks, and selects the database.
func (m *migration) connect() error {
	if m.conn != nil {
		return nil
	}
	conn, err := m.dial()
	if err != nil {
		return err
	}
	m.conn, m.release = conn, context.AfterFunc(m.c.Server.ending, func() { _ = conn.Close() })
	var steps [][][]byte
	switch {
	case m.user != "":
		steps = append(steps, [][]byte{[]byte("AUTH"), []byte(m.user), m.password})
	case len(m.password) > 0:
		steps = append(steps, [][]byte{[]byte("AUTH"), m.password})
	}
	for _, words := range append(steps, [][]byte{[]byte("SELECT"), []byte(m.db)}) {
		if err := m.ask(words); err != nil {
			return err
		}
	}
	return nil
}

// dial connects to the target, with TLS if tls-cluster says so, as in Redis.
func (m *migration) dial() (*redis.Conn, error) {
	s := m.c.Server
	port, _ := strconv.ParseUint(string(m.c.Arg(2)), 10, 16) // nobody listens on port 0
	addr := net.JoinHostPort(string(m.c.Arg(1)), strconv.FormatUint(port, 10))
	dialer, err := s.config.Dialer(m.timeout)
	if err != nil {
		return nil, dialError(err)
	}
	if !s.config.TLSCluster.Load() {
		conn, err := redis.DialWith(s.ending, dialer, addr, nil)
		if errors.Is(err, syscall.ECONNREFUSED) { // which Redis notices when it writes
			return nil, &connectionError{errMigrateWrite, err}
		}
		return conn, dialError(err)
	}
	peer, err := s.config.Certificates().Peer()
	if err != nil {
		return nil, dialError(err)
	}
	conn, err := redis.DialWith(s.ending, dialer, addr, peer)
	return conn, dialError(err)
}

// dialError is what the client is told for an error of connecting, which the log has.
func dialError(err error) error {
	if err == nil {
		return nil
	}
	slog.Info("MIGRATE reaches no target", "error", err)
	return errMigrateDial
}

// ask sends a command over the connection, and returns the error that the target replies, or how the connection failed.
func (m *migration) ask(words [][]byte) error {
	if err := m.conn.Send(words...); err != nil {
		return &connectionError{errMigrateWrite, err}
	}
	if err := m.conn.Flush(); err != nil {
		return &connectionError{errMigrateWrite, err}
	}
	reply, err := m.conn.Receive()
	if err != nil {
		return &connectionError{errMigrateRead, err}
	}
	return targetError(reply)
}

func (m *migration) hangUp() {
	if m.conn != nil {
		m.release()
		_ = m.conn.Close()
		m.conn = nil
	}
}

// removeThere deletes keys of the target that a client has deleted here while they were sent.
func (m *migration) removeThere(keys [][]byte) error {
	err := m.ask(append([][]byte{[]byte("DEL")}, keys...))
	var broken *connectionError
	if errors.As(err, &broken) {
		return broken.text
	}
	return err
}
