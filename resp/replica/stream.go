package replica

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"comet/resp/command"
	"comet/resp/wire"
)

// maxBatch is how many commands are applied together at most.
const maxBatch = 512

// stream applies the commands of a master as they come.
type stream struct {
	task   *task
	c      *conn
	master *command.Master
	reader *wire.Reader
	got    int64 // offset of the end of what has come

	commands [][][]byte
	ends     []int64
}

// stream applies what the master sends until the link ends.
func (t *task) stream(c *conn) error {
	s := &stream{
		task: t, c: c, master: t.server.NewMaster(c, t.epoch, t.at), got: t.at.Offset,
		reader: wire.NewReader(wire.Limits{MaxBulk: t.config.ProtoMaxBulkLen.Load(), MaxCommand: t.config.QueryBufferLimit.Load()}),
	}
	defer s.close()
	t.note(t.epoch, func(l *command.Link) { l.State, l.Failure = command.LinkUp, "" })
	t.log.Info("link to the master is up")
	s.noteApplied()
	if err := c.tell(); err != nil { // a master that did not know the length of its file waits for it
		return err
	}
	for {
		if err := s.read(); err != nil {
			return err
		}
		if err := s.apply(); err != nil {
			return t.judge(err)
		}
	}
}

// close ends the session, and keeps how far it came.
func (s *stream) close() {
	s.task.at.Offset, s.task.at.DB = s.master.Applied()
	s.master.Close()
	s.reader.Close()
}

// judge returns how a link ends whose commands cannot be applied: for good, unless it is over for another reason.
func (t *task) judge(err error) error {
	var protocol wire.ProtocolError
	switch {
	case errors.Is(err, command.ErrOutage): // another link goes on where this one ended
		return err
	case errors.Is(err, command.ErrSuperseded), errors.Is(err, net.ErrClosed), errors.As(err, &protocol), errors.Is(err, wire.ErrCommandTooLarge):
		return err
	}
	return &stopError{errors.Join(err, t.lose())}
}

// read waits for more bytes.
func (s *stream) read() error {
	n, err := s.c.r.Read(s.reader.Space())
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	s.reader.Filled(n)
	s.got += int64(n)
	s.task.note(s.task.epoch, func(l *command.Link) { l.LastIO, l.Received = s.c.lastHeard(), s.got })
	return nil
}

// apply applies all complete commands that have come.
func (s *stream) apply() error {
	defer s.reader.Release()
	for {
		args, err := s.reader.Next()
		if err != nil {
			return errors.Join(s.run(), err)
		}
		if args == nil {
			return s.run()
		}
		asked := isGetAck(args)
		if asked || len(s.commands) == maxBatch {
			if err := s.run(); err != nil {
				return err
			}
		}
		if asked {
			if err := s.answer(); err != nil {
				return err
			}
			args = [][]byte{[]byte("PING")} // it counts in the history, too
		}
		s.commands, s.ends = append(s.commands, args), append(s.ends, s.got-int64(s.reader.Rest()))
	}
}

// isGetAck reports whether the master asks how far its history has been applied.
func isGetAck(args [][]byte) bool {
	return len(args) > 1 && strings.EqualFold(string(args[0]), "replconf") && strings.EqualFold(string(args[1]), "getack")
}

func (s *stream) answer() error {
	if err := s.c.tell(); err != nil {
		return fmt.Errorf("answer GETACK: %w", net.ErrClosed)
	}
	return nil
}

// run applies the collected commands.
func (s *stream) run() error {
	if len(s.commands) == 0 {
		return nil
	}
	err := s.master.Apply(s.commands, s.ends)
	clear(s.commands)
	s.commands, s.ends = s.commands[:0], s.ends[:0]
	s.noteApplied()
	return err
}

func (s *stream) noteApplied() {
	offset, _ := s.master.Applied()
	s.c.applied.Store(offset)
	s.task.note(s.task.epoch, func(l *command.Link) { l.Offset = offset })
}
