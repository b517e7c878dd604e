package handlertest

import (
	"errors"
	"fmt"
	"net"
	"slices"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/aso/value"
	"comet/resp/command"
	"comet/resp/wire"
	"comet/scripts"
)

// Start is when the clock of a test begins: the first moment of 2026, in Unix milliseconds.
const Start = 1767225600000

// engine is a server in process, on a virtual clock, with the catalogue loaded and a journal in memory.
type engine struct {
	now      int64
	ks       *aso.Keyspace
	server   *command.Server
	session  *command.Session
	reply    wire.Reply
	messages []message
	units    [][]byte // the journal
	last     int      // units before the last command
}

// message is one that was published.
type message struct{ channel, text string }

func newEngine() (*engine, error) {
	e := &engine{now: Start}
	return e, e.start()
}

// start makes the server, from the journal.
func (e *engine) start() error {
	e.ks = aso.New(aso.Options{Limits: value.DefaultLimits(), Now: func() int64 { return e.now }, Committer: e})
	sources, err := scripts.All()
	if err != nil {
		return err
	}
	for _, source := range sources {
		if err := e.ks.LoadBuiltin(source); err != nil {
			return err
		}
	}
	config, err := command.NewConfig()
	if err != nil {
		return err
	}
	if e.server, err = command.NewServer(e.ks, command.Options{Config: config}); err != nil {
		return err
	}
	loader := e.ks.NewLoader()
	for i, unit := range e.units {
		if err := loader.Unit(uint64(i+1), slices.Clone(unit)); err != nil {
			loader.Close()
			return err
		}
	}
	loader.Close()
	e.ks.SetPublisher(e) // instead of the server's clients
	e.session = e.server.NewSession(conn{}, &e.reply)
	return nil
}

// Append keeps a unit.
func (e *engine) Append(unit []byte) uint64 {
	e.units = append(e.units, slices.Clone(unit))
	return uint64(len(e.units))
}

// Commit does nothing: memory is durable enough.
func (e *engine) Commit(uint64) error { return nil }

// Kept is asked by who would wait otherwise.
func (*engine) Kept(uint64) bool { return false }

// Publish notes a message.
func (e *engine) Publish(channel, text []byte, _ uint64) {
	e.messages = append(e.messages, message{string(channel), string(text)})
}

// run runs a command and what is due then, and returns its reply.
func (e *engine) run(args ...[]byte) (sandbox.Value, error) {
	e.last = len(e.units)
	if n := e.server.Batch(e.session, [][][]byte{args}); n != 1 {
		return sandbox.Value{}, errors.New("the command has closed the connection")
	}
	v, _, err := readReply(e.reply.Bytes())
	e.reply.Reset()
	return v, errors.Join(err, e.ks.RunDue())
}

// maxSteps bounds how often something is due in one advance.
const maxSteps = 10_000_000

// advance lets the time pass, and all that is due happen at its time.
func (e *engine) advance(to int64) error {
	e.last = len(e.units)
	for range maxSteps {
		next := e.ks.FirstDue()
		if next == 0 || next > to {
			e.now = max(e.now, to)
			return e.ks.RunDue()
		}
		e.now = max(e.now, next)
		if err := e.ks.RunDue(); err != nil {
			return err
		}
		if left := e.ks.FirstDue(); left != 0 && left <= e.now { // DEBUG SET-ACTIVE-EXPIRE 0
			e.now = max(e.now, to)
			return nil
		}
	}
	return fmt.Errorf("more than %d times was something due before %d", maxSteps, to)
}

// restart replaces the server by one that has read the journal.
func (e *engine) restart() error {
	e.server.Close(e.session)
	return e.start()
}

// conn is the connection of the only client.
type conn struct{ command.NoClient }

func (conn) ID() uint64 { return 1 }

func (conn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5000} }

func (conn) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 6379} }
