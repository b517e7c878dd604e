package command

import (
	"fmt"
	"net"
	"strings"
	"time"

	"comet/aso"
)

const (
	errClientID = aso.Error("ERR Invalid client ID")
	errKillID   = aso.Error("ERR client-id should be greater than 0")
	errNoClient = aso.Error("ERR No such client")
)

// clientType is what CLIENT LIST and CLIENT KILL choose clients by.
type clientType uint8

const (
	anyClient clientType = iota
	normalClient
	pubsubClient
	masterClient
	replicaClient
)

// clientType returns argument i as a type of clients.
func (c *Call) clientType(i int) (clientType, error) {
	for t, names := range map[clientType][]string{
		normalClient: {"NORMAL"}, pubsubClient: {"PUBSUB"}, masterClient: {"MASTER"}, replicaClient: {"REPLICA", "SLAVE"},
	} {
		for _, name := range names {
			if c.Is(i, name) {
				return t, nil
			}
		}
	}
	return anyClient, aso.Error("ERR Unknown client type '" + quotable(c.Arg(i)) + "'")
}

func (ses *Session) clientType() clientType {
	if ses.link != nil {
		return masterClient
	}
	if ses.subs.active() {
		return pubsubClient
	}
	return normalClient
}

// clientInfo replies with the line of CLIENT LIST about this client.
func clientInfo(c *Call) error {
	c.Session.showAt(time.Now(), false, bytesOf(c.Args))
	c.Reply.Verbatim("txt", c.Session.line(c.Server.hub))
	return nil
}

// clientList replies with a line about each client, or some.
func clientList(c *Call) error {
	c.Session.showAt(time.Now(), false, bytesOf(c.Args))
	list, err := c.listed()
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, ses := range list {
		text.WriteString(ses.line(c.Server.hub))
	}
	c.Reply.Verbatim("txt", text.String())
	return nil
}

// listed returns the clients that CLIENT LIST asks for.
func (c *Call) listed() ([]*Session, error) {
	switch {
	case len(c.Args) == 2:
		return c.Server.clients.all(), nil
	case len(c.Args) == 4 && c.Is(2, "TYPE"):
		t, err := c.clientType(3)
		return c.Server.clientsWhere(func(ses *Session) bool { return ses.clientType() == t }), err
	case len(c.Args) > 3 && c.Is(2, "ID"):
		return c.clientsByID(c.Args[3:])
	}
	return nil, errSyntax
}

func (c *Call) clientsByID(ids [][]byte) (list []*Session, err error) {
	for i := range ids {
		id, err := c.Int(3 + i)
		if err != nil {
			return nil, errClientID
		}
		if ses := c.Server.clients.find(id); ses != nil {
			list = append(list, ses)
		}
	}
	return list, nil
}

func (s *Server) clientsWhere(match func(ses *Session) bool) (list []*Session) {
	for _, ses := range s.clients.all() {
		if match(ses) {
			list = append(list, ses)
		}
	}
	return list
}

// line returns what CLIENT LIST says of a client.
func (ses *Session) line(h *hub) string { return ses.info(h) + "\n" }

// info returns what there is to say of a client.
func (ses *Session) info(h *hub) string {
	counts, usage, now := h.counts(&ses.subs), ses.Conn.Usage(), time.Now()
	p := &ses.profile
	p.mu.Lock()
	defer p.mu.Unlock()
	command := "NULL"
	if p.command != nil {
		command = p.command.full
	}
	pushes, events := 0, "r"
	if usage.OutputList > 0 {
		pushes = 1
	}
	if usage.Output+usage.OutputList > 0 {
		events = "rw"
	}
	line := fmt.Sprintf("id=%d addr=%s laddr=%s fd=%d name=%s age=%d idle=%d flags=%s db=%d sub=%d psub=%d ssub=%d multi=%d "+
		"qbuf=%d qbuf-free=%d argv-mem=%d multi-mem=%d rbs=%d rbp=%d obl=%d oll=%d omem=%d tot-mem=%d events=%s cmd=%s user=%s redir=%d resp=%d",
		ses.Conn.ID(), ses.remote(), ses.local(), usage.File, p.name, max(now.UnixMilli()-ses.created, 0)/1000,
		max(now.Sub(p.seen), 0)/time.Second, ses.flagsLocked(), p.db, counts[toChannel], counts[toPattern], counts[toShard], p.queued,
		usage.QueryBuffer, usage.QueryBufferFree, p.args, p.queuedMem,
		usage.Output, usage.Output, // a reply has a buffer while it is written
		usage.Output, pushes, usage.OutputList, usage.Total+ses.heldLocked(), events, command, ses.user(), ses.redirection(), p.protocol)
	if p.libName != "" {
		line += " lib-name=" + p.libName
	}
	if p.libVersion != "" {
		line += " lib-ver=" + p.libVersion
	}
	return line
}

// remote returns the address of the client. Of a Unix socket it is the path and port 0, as in Redis.
func (ses *Session) remote() string {
	if path, ok := ses.unixPath(); ok {
		return path + ":0"
	}
	return ses.Conn.RemoteAddr().String()
}

// local returns the address that the client connected to.
func (ses *Session) local() string {
	if path, ok := ses.unixPath(); ok {
		return path + ":0"
	}
	return ses.Conn.LocalAddr().String()
}

func (ses *Session) unixPath() (string, bool) {
	a, ok := ses.Conn.LocalAddr().(*net.UnixAddr)
	if !ok {
		return "", false
	}
	return a.Name, true
}

// flagsLocked returns the letters of CLIENT LIST.
func (ses *Session) flagsLocked() string {
	p := &ses.profile
	_, unix := ses.unixPath()
	m := ses.tracking.Load()
	var flags strings.Builder
	for _, f := range []struct {
		letter byte
		on     bool
	}{
		{'M', ses.link != nil},
		{'O', ses.monitoring.Load()},
		{'P', ses.subs.active()},
		{'x', p.queued >= 0},
		{'b', p.blocked},
		{'t', m != nil},
		{'R', ses.redirBroken.Load()},
		{'B', m != nil && m.bcast},
		{'d', ses.watch.Dirty()},
		{'c', p.closing},
		{'U', unix},
		{'e', p.noEvict},
	} {
		if f.on {
			flags.WriteByte(f.letter)
		}
	}
	if flags.Len() == 0 {
		return "N"
	}
	return flags.String()
}

// killFilter says which clients CLIENT KILL ends.
type killFilter struct {
	id              int64
	address, laddr  []byte
	kind            clientType
	user            *account
	skipMe, oldForm bool
}

// clientKill ends connections.
func clientKill(c *Call) error {
	f, err := c.killFilter()
	if err != nil {
		return err
	}
	killed := c.disconnect(func(ses *Session) bool { return f.matches(ses) && (ses != c.Session || !f.skipMe) })
	switch {
	case !f.oldForm:
		c.Reply.Int(int64(killed))
	case killed == 0:
		return errNoClient
	default:
		c.OK()
	}
	return nil
}

func (c *Call) killFilter() (f killFilter, err error) {
	if len(c.Args) == 3 {
		return killFilter{address: c.Arg(2), oldForm: true}, nil
	}
	f.skipMe = true
	for i := 2; i < len(c.Args); i += 2 {
		if i+1 == len(c.Args) {
			return f, errSyntax
		}
		switch {
		case c.Is(i, "ID"):
			f.id, err = c.IntIn(i+1, 1, 1<<63-1, errKillID)
		case c.Is(i, "TYPE"):
			f.kind, err = c.clientType(i + 1)
		case c.Is(i, "ADDR"):
			f.address = c.Arg(i + 1)
		case c.Is(i, "LADDR"):
			f.laddr = c.Arg(i + 1)
		case c.Is(i, "USER"):
			if f.user = c.Server.accounts.find(c.Arg(i + 1)); f.user == nil {
				err = aso.Error("ERR No such user '" + quotable(c.Arg(i+1)) + "'")
			}
		case c.Is(i, "SKIPME") && c.Is(i+1, "YES"):
			f.skipMe = true
		case c.Is(i, "SKIPME") && c.Is(i+1, "NO"):
			f.skipMe = false
		default:
			err = errSyntax
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

func (f *killFilter) matches(ses *Session) bool {
	return (f.id == 0 || uint64(f.id) == ses.Conn.ID()) &&
		(f.address == nil || string(f.address) == ses.remote()) &&
		(f.laddr == nil || string(f.laddr) == ses.local()) &&
		(f.user == nil || f.user == ses.account.Load()) &&
		(f.kind == anyClient || f.kind == ses.clientType())
}
