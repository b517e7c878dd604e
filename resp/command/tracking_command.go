package command

import (
	"slices"
	"strings"

	"comet/aso"
)

var trackingCommands = family{
	"client|getredir":     {run: clientGetredir, access: accessNone},
	"client|tracking":     {run: clientTracking, access: accessNone},
	"client|trackinginfo": {run: clientTrackinginfo, access: accessNone},
	"client|caching":      {run: clientCaching, access: accessNone},
}

const (
	errCaching     = aso.Error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
	errCachingYes  = aso.Error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
	errCachingNo   = aso.Error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
	errRedirectTwo = aso.Error("ERR A client can only redirect to a single other client")
	errRedirectTo  = aso.Error("ERR The client ID you want redirect to does not exist")
	errPrefixAlone = aso.Error("ERR PREFIX option requires BCAST mode to be enabled")
	errSwitchBcast = aso.Error("ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.")
	errBcastOpt    = aso.Error("ERR OPTIN and OPTOUT are not compatible with BCAST")
	errBothOpt     = aso.Error("ERR You can't specify both OPTIN mode and OPTOUT mode")
	errSwitchOpt   = aso.Error("ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.")
)

// clientTracking lets the client be told when keys change that it may have cached, or ends that.
func clientTracking(c *Call) error {
	m, err := c.trackOptions()
	if err != nil {
		return err
	}
	on, err := c.onOff(2)
	if err != nil {
		return err
	}
	ses := c.Session
	if !on {
		c.Server.tracking.disable(ses)
		c.OK()
		return nil
	}
	before := ses.tracking.Load()
	if err := m.checkWith(before); err != nil {
		return err
	}
	if m.bcast && len(m.prefixes) == 0 {
		m.prefixes = []string{""}
	}
	if before != nil {
		m.prefixes = append(m.prefixes, before.prefixes...)
	}
	slices.Sort(m.prefixes)
	m.prefixes = slices.Compact(m.prefixes)
	ses.subs.hold() // until the client knows
	c.Server.tracking.enable(ses, m)
	c.OK()
	return nil
}

func (c *Call) trackOptions() (*trackMode, error) {
	m := &trackMode{}
	for i := 3; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		switch {
		case c.Is(i, "REDIRECT") && more:
			i++
			if m.redirect != 0 {
				return nil, errRedirectTwo
			}
			id, err := c.Int(i)
			if err != nil {
				return nil, err
			}
			if m.redirect = uint64(id); c.Server.clients.find(id) == nil {
				return nil, errRedirectTo
			}
		case c.Is(i, "BCAST"):
			m.bcast = true
		case c.Is(i, "OPTIN"):
			m.optIn = true
		case c.Is(i, "OPTOUT"):
			m.optOut = true
		case c.Is(i, "NOLOOP"):
			m.noLoop = true
		case c.Is(i, "PREFIX") && more:
			i++
			m.prefixes = append(m.prefixes, string(c.Arg(i)))
		default:
			return nil, errSyntax
		}
	}
	return m, nil
}

// checkWith returns why m cannot be, for a client that tracks as before says, nil if it does not track.
func (m *trackMode) checkWith(before *trackMode) error {
	switch {
	case !m.bcast && len(m.prefixes) > 0:
		return errPrefixAlone
	case before != nil && m.bcast != before.bcast:
		return errSwitchBcast
	case m.bcast && (m.optIn || m.optOut):
		return errBcastOpt
	case m.optIn && m.optOut:
		return errBothOpt
	case before != nil && (m.optIn && before.optOut || m.optOut && before.optIn):
		return errSwitchOpt
	}
	return m.checkPrefixes(before)
}

// checkPrefixes returns an error if a key could have two of the prefixes.
func (m *trackMode) checkPrefixes(before *trackMode) error {
	for i, prefix := range m.prefixes {
		if before != nil {
			if other := overlapping(prefix, before.prefixes); other != nil {
				return errPrefixes(prefix, "an existing prefix", *other)
			}
		}
		if other := overlapping(prefix, m.prefixes[i+1:]); other != nil {
			return errPrefixes(prefix, "another provided prefix", *other)
		}
	}
	return nil
}

// overlapping returns the first of others that begins with prefix or the other way round, or nil.
func overlapping(prefix string, others []string) *string {
	i := slices.IndexFunc(others, func(other string) bool { return strings.HasPrefix(prefix, other) || strings.HasPrefix(other, prefix) })
	if i < 0 {
		return nil
	}
	return &others[i]
}

func errPrefixes(prefix, what, other string) error {
	return aso.Error("ERR Prefix '" + prefix + "' overlaps with " + what + " '" + other + "'. Prefixes for a single client must not overlap.")
}

// clientGetredir replies with the client that gets the messages: 0 is this one, -1 that there are none.
func clientGetredir(c *Call) error {
	c.Reply.Int(c.Session.redirection())
	return nil
}

// redirection returns what GETREDIR replies with.
func (ses *Session) redirection() int64 {
	if m := ses.tracking.Load(); m != nil {
		return int64(m.redirect)
	}
	return -1
}

// clientTrackinginfo replies with how the client tracks.
func clientTrackinginfo(c *Call) error {
	flags, prefixes := []string{"off"}, []string(nil)
	if m := c.Session.tracking.Load(); m != nil {
		flags, prefixes = c.Session.trackFlags(m), m.prefixes
	}
	c.Reply.Map(3)
	c.Reply.BulkString("flags")
	c.Reply.Set(len(flags))
	for _, flag := range flags {
		c.Reply.BulkString(flag)
	}
	replyInt(c.Reply, "redirect", c.Session.redirection())
	c.Reply.BulkString("prefixes")
	c.Reply.Array(len(prefixes))
	for _, prefix := range prefixes {
		c.Reply.BulkString(prefix)
	}
	return nil
}

func (ses *Session) trackFlags(m *trackMode) (flags []string) {
	for _, f := range []struct {
		name string
		on   bool
	}{
		{"on", true},
		{"bcast", m.bcast},
		{"optin", m.optIn},
		{"caching-yes", m.optIn && ses.caching},
		{"optout", m.optOut},
		{"caching-no", m.optOut && ses.caching},
		{"noloop", m.noLoop},
		{"broken_redirect", ses.redirBroken.Load()},
	} {
		if f.on {
			flags = append(flags, f.name)
		}
	}
	return flags
}

// clientCaching says that the client will, or will not, cache what the next command reads.
func clientCaching(c *Call) error {
	m := c.Session.tracking.Load()
	switch {
	case m == nil:
		return errCaching
	case c.Is(2, "YES") && !m.optIn:
		return errCachingYes
	case c.Is(2, "NO") && !m.optOut:
		return errCachingNo
	case !c.Is(2, "YES") && !c.Is(2, "NO"):
		return errSyntax
	}
	c.Session.caching = true
	c.OK()
	return nil
}

// endCaching ends what CLIENT CACHING said, after the command that it was for: the next one, or the whole transaction.
func (ses *Session) endCaching(cmd *Command) {
	if ses.multi == nil && (cmd == nil || container(cmd).Name != "client") {
		ses.caching = false
	}
}
