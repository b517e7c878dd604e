package command

import (
	"math"
	"slices"
	"time"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/aso/value"
	"comet/resp/wire"
)

// Call is one command of a client while it runs. Its slices are borrowed: they are valid until Run returns.
type Call struct {
	Args    [][]byte // Args[0] is the name as the client wrote it
	Cmd     *Command
	Tx      *aso.Tx // holds the locks of the command's keys; nil for commands that may wait or take locks themselves, outside EXEC
	Reply   *wire.Reply
	Session *Session
	Server  *Server

	client  *Session // whose script the command is of; nil if it is of none
	failed  bool     // the reply is an error
	refused bool     // and the command did not begin
	counted bool     // changes is what the command counts as
	changes int64
	again   bool          // it has taken back what it did, and is to run with all locks
	began   time.Duration // since the server was started, if the batch knows it
	park    *parking      // set when the command wants to wait
	took    time.Duration // of one that waits: until it did
	ready   []byte        // when a command that waited runs again: the key that became ready; it is the only one to look at
}

// Arg returns argument i; the command's name is argument 0.
func (c *Call) Arg(i int) []byte { return c.Args[i] }

// Int returns argument i as a 64-bit integer.
func (c *Call) Int(i int) (int64, error) {
	n, ok := value.ParseInt(c.Args[i])
	if !ok {
		return 0, errNotInteger
	}
	return n, nil
}

// Float returns argument i as a floating-point number, which may be infinite but is never NaN.
func (c *Call) Float(i int) (float64, error) {
	f, ok := value.ParseFloat(c.Args[i])
	if !ok {
		return 0, errNotFloat
	}
	return f, nil
}

// Is reports whether argument i is the option word, which is given in upper case.
func (c *Call) Is(i int, word string) bool { return equalFold(c.Args[i], word) }

// equalFold reports whether b is the upper-case ASCII word in any case.
func equalFold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, ch := range b {
		if 'a' <= ch && ch <= 'z' {
			ch -= 'a' - 'A'
		}
		if ch != word[i] {
			return false
		}
	}
	return true
}

// countChanges adds n to what the command counts as for save points. It is for commands that Redis counts otherwise than by objects and items; what
// they change is not counted then.
func (c *Call) countChanges(n int) {
	c.counted = true
	c.changes += int64(n)
}

// OK replies with the status OK.
func (c *Call) OK() { c.Reply.Status("OK") }

// parking is what a blocked client waits for.
type parking struct {
	keys     [][]byte
	args     [][]byte  // what the command runs with then; nil for what it has
	gone     bool      // it is also to run when a key has no value any more
	deadline time.Time // zero for ever
	timeout  func()    // appends the reply for a wait that ended with nothing

	// A client that waits for no key, but for what somebody tells the keyspace: register says for what, and answer makes the reply of it.
	register func(tx *aso.Tx, w *aso.Waiter)
	answer   func(r *wire.Reply, event string, v sandbox.Value)
}

// cloneArgs copies arguments, which belong to the connection's buffer.
func cloneArgs(args [][]byte) [][]byte {
	kept := make([][]byte, len(args))
	for i, arg := range args {
		kept[i] = slices.Clone(arg)
	}
	return kept
}

// Park lets the client wait until one of keys changes, when the command runs again from its start, or the timeout is over, when the
// reply is what onTimeout appends; 0 is no timeout. Where a client cannot wait, inside EXEC, the reply is that of onTimeout at once.
func (c *Call) Park(keys [][]byte, timeout time.Duration, onTimeout func()) {
	if c.Session.inExec {
		onTimeout()
		return
	}
	c.park = &parking{keys: keys, timeout: onTimeout}
	if timeout > 0 {
		c.park.deadline = time.Now().Add(timeout)
	}
}

// Timeout returns argument i as the time to block: seconds, with a fraction; 0 is for ever. As in Redis it is rounded up to milliseconds,
// and what these overflow with is an error like a negative one.
func (c *Call) Timeout(i int) (time.Duration, error) {
	seconds, ok := value.ParseFloat(c.Args[i])
	if !ok {
		return 0, errTimeout
	}
	ms := math.Ceil(seconds * 1000)
	if ms < 0 || ms >= math.MaxInt64 {
		return 0, errTimeoutSign
	}
	return time.Duration(min(ms, maxTimeout)) * time.Millisecond, nil
}

const maxTimeout = 1 << 42 // milliseconds, about 139 years
