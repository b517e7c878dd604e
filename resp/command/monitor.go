package command

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"comet/aso"
)

var monitorCommands = family{
	"monitor": {run: monitor, access: accessNone},
}

const (
	errMonitorInExec = aso.Error("ERR MONITOR isn't allowed for DENY BLOCKING client")
	errMonitorKeys   = aso.Error("ERR Replica can't interact with the keyspace")
)

// monitors are the clients that see all commands.
type monitors struct {
	count atomic.Int32 // so that a server without any pays nothing

	mu       sync.Mutex // guards sessions
	sessions []*Session
}

// monitor shows the client all commands from now on. The output limits of subscribers apply to it.
func monitor(c *Call) error {
	ses := c.Session
	switch {
	case ses.inExec:
		return errMonitorInExec
	case ses.monitoring.Load():
		return nil // without a reply, as in Redis
	}
	ses.subs.hold() // until the client knows
	c.Server.monitors.add(ses)
	ses.Conn.SetSubscriber(true)
	c.OK()
	return nil
}

func (m *monitors) add(ses *Session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ses.monitoring.Store(true)
	m.sessions = append(m.sessions, ses)
	m.count.Add(1)
}

func (m *monitors) remove(ses *Session) {
	if !ses.monitoring.Load() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	ses.monitoring.Store(false)
	m.sessions = slices.DeleteFunc(m.sessions, func(other *Session) bool { return other == ses })
	m.count.Add(-1)
}

// feed shows the command of c, which has just run, to all monitors, unless it is one of administration: as in Redis after it ran, so that
// an EXEC comes behind its commands. Its own client sees it behind the reply. A script has shown itself before its commands.
func (m *monitors) feed(c *Call) {
	if !c.Cmd.has(flagAdmin | flagSkipMonitor) {
		m.show(c)
	}
}

// show shows the command of c to all monitors. What a dry run does has not happened.
func (m *monitors) show(c *Call) {
	if !m.watch() || c.Tx != nil && c.Tx.IsDryRun() {
		return
	}
	line := c.monitorLine(time.Now())
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, ses := range m.sessions {
		if ses == c.Session {
			ses.tellAfter(line)
		} else {
			ses.subs.sendNow(line)
		}
	}
}

// watch reports whether anybody monitors.
func (m *monitors) watch() bool { return m.count.Load() > 0 }

// monitorLine returns the command of c as monitors see it, without passwords.
func (c *Call) monitorLine(now time.Time) []byte {
	db, address := c.whereFrom()
	line := fmt.Appendf(nil, "+%d.%06d [%d %s]", now.Unix(), now.Nanosecond()/1000, db, address)
	for i, arg := range c.Args {
		line = append(line, ' ')
		if c.isSecret(i) {
			arg = []byte("(redacted)")
		}
		line = appendQuoted(line, arg)
	}
	return append(line, "\r\n"...)
}

// whereFrom returns the database and the address that monitors are shown: of scripts, as in Redis, and of handlers lua.
func (c *Call) whereFrom() (db int, address string) {
	ses := c.Session
	switch {
	case ses.inScript:
		return ses.db, "lua"
	case ses.Conn == nil:
		return c.Tx.DB(), "lua"
	}
	if path, ok := ses.unixPath(); ok {
		return ses.db, "unix:" + path
	}
	return ses.db, ses.remote()
}

// appendQuoted appends b in quotes and with the escapes of redis-cli.
func appendQuoted(dst, b []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, ch := range b {
		switch escape := map[byte]byte{'\n': 'n', '\r': 'r', '\t': 't', '\a': 'a', '\b': 'b'}[ch]; {
		case ch == '"' || ch == '\\':
			dst = append(dst, '\\', ch)
		case escape != 0:
			dst = append(dst, '\\', escape)
		case ch < ' ' || ch > '~':
			dst = append(dst, '\\', 'x', hex[ch>>4], hex[ch&15])
		default:
			dst = append(dst, ch)
		}
	}
	return append(dst, '"')
}

// checkMonitor returns the error for a command that a client which monitors may not send, as in Redis, where it counts as a replica.
func (ses *Session) checkMonitor(cmd *Command) error {
	if ses.monitoring.Load() && (cmd.has(flagWrite|flagReadOnly) || cmd.replicates()) {
		return errMonitorKeys
	}
	return nil
}

// replicates reports whether Redis may send the command to replicas though it writes no key.
func (cmd *Command) replicates() bool {
	return cmd.Name == "publish" || cmd.Name == "spublish" || cmd.script
}
