package command

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"comet/aso"
)

var slowlogCommands = family{
	"slowlog|get":   {run: slowlogGet, access: accessNone},
	"slowlog|len":   {run: slowlogLen, access: accessNone},
	"slowlog|reset": {run: slowlogReset, access: accessNone},
	"slowlog|help":  {run: slowlogHelp, access: accessNone},
}

const errSlowlogCount = aso.Error("ERR count should be greater than or equal to -1")

// slowlog holds the latest commands that took long.
type slowlog struct {
	mu      sync.Mutex  // guards all below; a leaf lock
	entries []slowEntry // the oldest first
	nextID  int64
}

// slowEntry is a command that took long.
type slowEntry struct {
	id      int64
	at      time.Time
	took    time.Duration
	args    []string
	address string
	name    string // of the client
}

const (
	maxSlowArgs   = 32  // arguments kept of a command
	maxSlowLength = 128 // bytes kept of an argument
)

// add notes the command of c, and forgets the oldest entries beyond limit.
func (l *slowlog) add(c *Call, took time.Duration, limit int) {
	e := slowEntry{at: time.Now(), took: took, args: slowArgs(c), address: c.Session.remote(), name: c.Session.name()}
	l.mu.Lock()
	defer l.mu.Unlock()
	e.id = l.nextID
	l.nextID++
	l.entries = append(l.entries, e)
	if surplus := len(l.entries) - max(limit, 0); surplus > 0 {
		l.entries = slices.Delete(l.entries, 0, surplus)
	}
}

// slowArgs returns the arguments of c as the log shows them: shortened, and without passwords.
func slowArgs(c *Call) []string {
	shown := min(len(c.Args), maxSlowArgs)
	args := make([]string, 0, shown)
	for i, arg := range c.Args[:shown] {
		switch {
		case i == maxSlowArgs-1 && len(c.Args) > maxSlowArgs:
			args = append(args, fmt.Sprintf("... (%d more arguments)", len(c.Args)-maxSlowArgs+1))
		case c.isSecret(i):
			args = append(args, "(redacted)")
		case len(arg) > maxSlowLength:
			args = append(args, fmt.Sprintf("%s... (%d more bytes)", arg[:maxSlowLength], len(arg)-maxSlowLength))
		default:
			args = append(args, string(arg))
		}
	}
	return args
}

// isSecret reports whether argument i tells of users or is a password.
func (c *Call) isSecret(i int) bool {
	switch c.Cmd.full {
	case "auth":
		return i > 0
	case "hello":
		return i > 2 && c.Is(i-1, "AUTH") || i > 3 && c.Is(i-2, "AUTH")
	case "aso.secret|set":
		return i > 2
	case "migrate":
		return migrateSecret(c.Args, i)
	case "acl|setuser":
		return i > 1
	case "config|set":
		return i > 2 && i%2 == 1 && (c.Is(i-1, "REQUIREPASS") || c.Is(i-1, "MASTERAUTH"))
	}
	return false
}

// latest returns the last n entries, the newest first.
func (l *slowlog) latest(n int) []slowEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := slices.Clone(l.entries[len(l.entries)-min(n, len(l.entries)):])
	slices.Reverse(found)
	return found
}

func (l *slowlog) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

func (l *slowlog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

// slowlogCount returns how many entries a GET of a slow log asks for: argument 2, at most most; 10 without it, and most for -1. More
// arguments are the error tooMany.
func (c *Call) slowlogCount(most int64, tooMany error) (n int64, err error) {
	const usual = 10
	switch len(c.Args) {
	case 2:
		return usual, nil
	case 3:
		if n, err = c.IntIn(2, -1, most, errSlowlogCount); n == -1 {
			n = most
		}
		return n, err
	}
	return 0, tooMany
}

// slowlogGet replies with the latest slow commands.
func slowlogGet(c *Call) error {
	n, err := c.slowlogCount(math.MaxInt64, errSubcommandSyntax(c))
	if err != nil {
		return err
	}
	entries := c.Server.slowlog.latest(int(n))
	c.Reply.Array(len(entries))
	for i := range entries {
		c.replySlow(&entries[i])
	}
	return nil
}

func (c *Call) replySlow(e *slowEntry) {
	c.Reply.Array(6)
	c.Reply.Int(e.id)
	c.Reply.Int(e.at.Unix())
	c.Reply.Int(e.took.Microseconds())
	c.Reply.Array(len(e.args))
	for _, arg := range e.args {
		c.Reply.BulkString(arg)
	}
	c.Reply.BulkString(e.address)
	c.Reply.BulkString(e.name)
}

// slowlogLen replies with the number of entries.
func slowlogLen(c *Call) error {
	c.Reply.Int(int64(c.Server.slowlog.len()))
	return nil
}

// slowlogReset forgets all entries.
func slowlogReset(c *Call) error {
	c.Server.slowlog.reset()
	c.OK()
	return nil
}

func slowlogHelp(c *Call) error {
	return c.help("SLOWLOG",
		"GET [<count>]",
		"    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
		"    Entries are made of:",
		"    id, timestamp, time in microseconds, arguments array, client IP and port,",
		"    client name",
		"LEN",
		"    Return the length of the slowlog.",
		"RESET",
		"    Reset the slowlog.")
}
