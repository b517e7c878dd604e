package command

import (
	"bytes"
	"fmt"

	"comet/aso"
	"comet/resp/wire"
)

// Replay runs the commands of a log that another server has written, on a keyspace that serves nobody else. It belongs to one goroutine.
type Replay struct {
	server *Server
	ses    *Session
	reply  wire.Reply
}

// NewReplay begins to run commands as the default user. No handlers run.
func (s *Server) NewReplay() *Replay {
	r := &Replay{server: s}
	r.ses = s.NewSession(NoClient{}, &r.reply)
	r.ses.raw = true
	return r
}

// Close ends the replay.
func (r *Replay) Close() { r.server.Close(r.ses) }

// ErrNotLogged is wrapped by the errors of commands that a log does not have.
const ErrNotLogged = aso.Error("ERR no command that a log has")

// Run runs a command, and returns the error that it replies.
func (r *Replay) Run(args [][]byte) error {
	cmd, err := r.server.table.lookup(args)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotLogged, err)
	}
	if !cmd.ofLogs() {
		return fmt.Errorf("%w: %s", ErrNotLogged, cmd.full)
	}
	r.server.Batch(r.ses, [][][]byte{args})
	reply := r.reply.Bytes()
	defer r.reply.Reset()
	if len(reply) > 0 && reply[0] == '-' {
		text, _, _ := bytes.Cut(reply[1:], []byte("\r\n"))
		return aso.Error(text)
	}
	return nil
}

// ofLogs reports whether a log may have the command: one that concerns keys, scripts or functions, or says where what follows belongs.
func (cmd *Command) ofLogs() bool {
	switch cmd.full {
	case "select", "ping", "script|load", "script|flush":
		return true
	}
	return cmd.has(flagWrite|flagReadOnly) && !cmd.has(flagAdmin) && cmd.Name != "migrate" || cmd.replicates()
}
