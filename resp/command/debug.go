package command

import (
	"fmt"
	"net"
	"time"

	"comet/aso"
	"comet/aso/value"
)

var debugCommands = family{
	"debug": {run: debugCommand, access: accessNone, locks: debugLocks},
}

const (
	errNoDebug = aso.Error("ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.")
	maxSleep   = 1 << 31 // seconds
)

// debugCommand runs a subcommand; the table of Redis knows none of them.
func debugCommand(c *Call) error {
	if !c.mayDebug() {
		return errNoDebug
	}
	switch {
	case c.Is(1, "SLEEP") && len(c.Args) == 3:
		return debugSleep(c)
	case c.Is(1, "OBJECT") && len(c.Args) == 3:
		return debugObject(c)
	case c.Is(1, "SET-ACTIVE-EXPIRE") && len(c.Args) == 3:
		n, _ := value.ParseInt(c.Arg(2)) // what is no number is 0, as in Redis
		c.Server.ks.SetActiveExpiry(n != 0)
		c.OK()
		return nil
	case c.Is(1, "HELP") && len(c.Args) == 2:
		return debugHelp(c)
	}
	return errSubcommandSyntax(c)
}

// mayDebug reports whether enable-debug-command lets this client use DEBUG.
func (c *Call) mayDebug() bool {
	switch c.Server.config.EnableDebug.Load() {
	case "yes":
		return true
	case "local":
		tcp, ok := c.Session.Conn.RemoteAddr().(*net.TCPAddr)
		return !ok || tcp.IP.IsLoopback()
	}
	return false
}

// debugSleep lets this client wait. Others go on, unlike in Redis.
func debugSleep(c *Call) error {
	seconds, _ := value.ParseFloat(c.Arg(2)) // what is no number is 0, as in Redis
	if !(seconds > 0) {
		c.OK()
		return nil
	}
	d, cmd := time.Duration(min(seconds, maxSleep)*float64(time.Second)), c.Cmd
	c.Park(nil, d, func() {
		c.Server.noteLatency(cmd.latencyEvent(), d)
		c.OK()
	})
	return nil
}

// debugLocks adds the lock of the key that DEBUG OBJECT looks at.
func debugLocks(args [][]byte, l *aso.Locks) {
	if len(args) == 3 && equalFold(args[1], "OBJECT") {
		l.Add(args[2])
	}
}

// debugObject replies with what is known of the object at a key. It has no address.
func debugObject(c *Call) error {
	o, ok := c.Tx.Object(c.Arg(2))
	if !ok {
		return aso.ErrNoSuchKey
	}
	c.Reply.Status(fmt.Sprintf("Value at:0x0 refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
		o.Encoding, c.serializedLength(&o), (c.Tx.Now()/1000-o.Idle)&(1<<24-1), o.Idle))
	return nil
}

// serializedLength returns the bytes that the value takes on disk: of a string as in an RDB file of Redis without compression, otherwise
// about what it takes in memory.
func (c *Call) serializedLength(o *aso.Object) int {
	if o.Kind != aso.KindString {
		return o.Memory
	}
	s, _, _ := c.Tx.String(c.Arg(2))
	n, isInt := value.ParseInt(s)
	switch {
	case isInt && n == int64(int8(n)):
		return 2
	case isInt && n == int64(int16(n)):
		return 3
	case isInt && n == int64(int32(n)):
		return 5
	case len(s) < 1<<6:
		return 1 + len(s)
	case len(s) < 1<<14:
		return 2 + len(s)
	}
	return 5 + len(s)
}

func debugHelp(c *Call) error {
	return c.help("DEBUG",
		"OBJECT <key>",
		"    Show low level info about `key` and associated value.",
		"SET-ACTIVE-EXPIRE <0|1>",
		"    Setting it to 0 disables expiring keys in background when they are not",
		"    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
		"    default.",
		"SLEEP <seconds>",
		"    Let this client wait for <seconds>. Decimals allowed.")
}
