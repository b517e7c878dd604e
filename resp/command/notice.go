package command

import (
	"bytes"
	"slices"

	"comet/aso"
)

// behindReply has the commands that reply before they notify in Redis, and of which events; nil is of all. The notifications of the others, and all of
// alwaysAhead, stand in front of the reply.
var behindReply = map[string][]string{
	"bitfield": nil, "getset": nil, "getdel": nil, "getex": nil, "set": nil, // with GET
	"lpush": nil, "rpush": nil, "lpushx": nil, "rpushx": nil, "lset": nil,
	"lpop": nil, "rpop": nil, "blpop": nil, "brpop": nil, "lmpop": nil, "blmpop": nil,
	"lmove": takenFromList, "blmove": takenFromList, "rpoplpush": takenFromList, "brpoplpush": takenFromList,
	"spop":        {"del"},
	"sinterstore": nil, "sunionstore": nil, "sdiffstore": nil,
	"zadd": nil, "zincrby": nil, "geoadd": nil, "zunionstore": nil, "zinterstore": nil, "zdiffstore": nil, "zrangestore": nil,
	"zpopmin": {"del"}, "zpopmax": {"del"}, "bzpopmin": {"del"}, "bzpopmax": {"del"}, "zmpop": {"del"}, "bzmpop": {"del"},
	"hset": nil, "hmset": nil, "hsetnx": nil, "hincrby": nil, "hincrbyfloat": nil,
	"xadd": nil, "xsetid": nil, "xgroup|create": nil, "xgroup|setid": nil, "xgroup|destroy": nil,
	"expire": {"expire"}, "pexpire": {"expire"}, "expireat": {"expire"}, "pexpireat": {"expire"},
}

var (
	takenFromList = []string{"lpop", "rpop", "del"}
	alwaysAhead   = []string{"new", "keymiss", "expired", "evicted"}
)

// notifiesBehind reports whether an event of the command stands behind its reply.
func (c *Call) notifiesBehind(event string) bool {
	events, ok := behindReply[c.Cmd.Name]
	switch name := c.Cmd.Name; {
	case !ok:
		return false
	case name == "getset" && event == "new":
		return true
	case name == "set":
		return event != "keymiss" && event != "expired" && slices.ContainsFunc(c.Args[3:], func(arg []byte) bool { return bytes.EqualFold(arg, []byte("get")) })
	case name == "sinterstore" && event == "del":
		return !slices.ContainsFunc(c.Args[2:], func(key []byte) bool { return !bytes.Equal(key, c.Arg(1)) && c.Tx.Kind(key) == aso.KindNone })
	case slices.Contains(alwaysAhead, event):
		return false
	}
	return events == nil || slices.Contains(events, event)
}

// hear tells the client of what its command, whose reply stands from byte start on, publishes and it listens to: like the reply, it leaves when the
// command is durable.
func (b *batch) hear(c *Call, start int) {
	if !b.ses.subs.active() {
		b.tx.Hear(nil)
		return
	}
	var ahead, behind []byte
	b.tx.Hear(func(n aso.Notice) {
		switch frames := b.ownFrames(&n); {
		case c.notifiesBehind(n.Event):
			behind = append(behind, frames...)
		default:
			ahead = append(ahead, frames...)
		}
	})
	if len(ahead) > 0 {
		ahead = append(ahead, c.Reply.Bytes()[start:]...)
		silent := len(ahead) - (c.Reply.Len() - start)
		c.Reply.Truncate(start)
		c.Reply.Raw(ahead)
		b.ses.speakUp(ahead[:silent])
	}
	c.Reply.Raw(behind)
	b.ses.speakUp(behind)
}

// hearEnd tells the client of what the end of its unit published: it stands behind the reply.
func (b *batch) hearEnd() {
	if !b.ses.subs.active() {
		b.tx.HearEnd(nil)
		return
	}
	b.tx.HearEnd(func(n aso.Notice) {
		if frames := b.ownFrames(&n); len(frames) > 0 {
			b.ses.tellAfter(frames)
		}
	})
}

// hearAhead tells the client of what gave way to its command: in front of the reply.
func (b *batch) hearAhead(n aso.Notice) {
	if !b.ses.subs.active() {
		return
	}
	if frames := b.ownFrames(&n); len(frames) > 0 {
		b.ses.tellAhead(frames)
	}
}

// ownFrames returns a message as often as the client gets it.
func (b *batch) ownFrames(n *aso.Notice) []byte {
	if n.Own != nil {
		return n.Own
	}
	_, own := b.s.hub.receivers(toChannel, n.Channel, n.Content, &b.ses.subs)
	return own
}
