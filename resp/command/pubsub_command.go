package command

import (
	"fmt"
	"slices"

	"comet/aso"
)

var pubsubCommands = family{
	"subscribe":            {run: subscribe, access: accessNone},
	"psubscribe":           {run: psubscribe, access: accessNone},
	"ssubscribe":           {run: ssubscribe, access: accessNone},
	"unsubscribe":          {run: unsubscribe, access: accessNone},
	"punsubscribe":         {run: punsubscribe, access: accessNone},
	"sunsubscribe":         {run: sunsubscribe, access: accessNone},
	"publish":              {run: publish, access: accessNone},
	"spublish":             {run: spublish, access: accessNone},
	"pubsub|channels":      {run: pubsubChannels, access: accessNone},
	"pubsub|numsub":        {run: pubsubNumsub, access: accessNone},
	"pubsub|numpat":        {run: pubsubNumpat, access: accessNone},
	"pubsub|shardchannels": {run: pubsubShardchannels, access: accessNone},
	"pubsub|shardnumsub":   {run: pubsubShardnumsub, access: accessNone},
	"pubsub|help":          {run: pubsubHelp, access: accessNone},
}

const errShardInExec = aso.Error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client")

// checkSubscribed returns the error for a command that a RESP2 client may not send while it is subscribed.
func (ses *Session) checkSubscribed(cmd *Command) error {
	if !ses.subs.active() || ses.Reply.Protocol() != 2 || cmd.whileSubscribed() {
		return nil
	}
	return aso.Error(fmt.Sprintf("ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context", cmd.full))
}

// whileSubscribed reports whether a RESP2 client may send the command while it is subscribed.
func (cmd *Command) whileSubscribed() bool {
	switch cmd.Name {
	case "ping", "quit", "reset", "subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe":
		return true
	}
	return false
}

// subscribe lets the client listen to channels.
func subscribe(c *Call) error { return c.subscribe(toChannel) }

// psubscribe lets the client listen to all channels that match patterns.
func psubscribe(c *Call) error { return c.subscribe(toPattern) }

// ssubscribe lets the client listen to shard channels.
func ssubscribe(c *Call) error {
	if c.Session.inExec {
		return errShardInExec
	}
	return c.subscribe(toShard)
}

func (c *Call) subscribe(kind subscriptionKind) error {
	sub := &c.Session.subs
	sub.hold() // until the client knows
	for _, name := range c.Args[1:] {
		n, start := c.Server.hub.subscribe(sub, kind, name), c.Reply.Len()
		c.replySubscription(subscribeNames[kind], name, n)
		c.Session.speakUp(c.Reply.Bytes()[start:])
	}
	c.Session.Conn.SetSubscriber(true)
	return nil
}

// replySubscription tells the client that it listens to name, or no longer does; nil is that it listened to nothing.
func (c *Call) replySubscription(what string, name []byte, count int) {
	c.Reply.Push(3)
	c.Reply.BulkString(what)
	c.bulkOrNull(name, name != nil)
	c.Reply.Int(int64(count))
}

// unsubscribe ends subscriptions to channels, all if none is named.
func unsubscribe(c *Call) error { return c.unsubscribe(toChannel) }

// punsubscribe ends subscriptions to patterns, all if none is named.
func punsubscribe(c *Call) error { return c.unsubscribe(toPattern) }

// sunsubscribe ends subscriptions to shard channels, all if none is named.
func sunsubscribe(c *Call) error { return c.unsubscribe(toShard) }

func (c *Call) unsubscribe(kind subscriptionKind) error {
	sub, hub := &c.Session.subs, c.Server.hub
	names := c.Args[1:]
	if len(names) == 0 {
		names = hub.names(sub, kind)
	}
	if len(names) == 0 {
		names = [][]byte{nil}
	}
	for _, name := range names {
		n, start := hub.unsubscribe(sub, kind, name), c.Reply.Len()
		sub.moveHeld(c.Reply) // what was sent before it
		c.replySubscription(unsubscribeNames[kind], name, n)
		c.Session.speakUp(c.Reply.Bytes()[start:])
	}
	c.Session.Conn.SetSubscriber(sub.active() || c.Session.monitoring.Load())
	return nil
}

// publish sends a message to the subscribers of a channel and of the patterns that match it.
func publish(c *Call) error { return c.publish(toChannel) }

// spublish sends a message to the subscribers of a shard channel.
func spublish(c *Call) error { return c.publish(toShard) }

// publish replies with the number of receivers. They get the message when all that this client did before is durable; the client itself hears it
// beside its replies.
func (c *Call) publish(kind subscriptionKind) error {
	ses, hub := c.Session, c.Server.hub
	if c.client != nil {
		ses = c.client
	}
	n, own := hub.receivers(kind, c.Arg(1), c.Arg(2), &ses.subs)
	if n > 0 {
		channel, message, told := slices.Clone(c.Arg(1)), slices.Clone(c.Arg(2)), ses.Conn.ID()
		c.Tx.DeliverInTurn(func() { hub.deliver(kind, channel, message, told) }, own)
	}
	c.Reply.Int(int64(n))
	return nil
}

// pubsubChannels replies with the channels that have subscribers.
func pubsubChannels(c *Call) error { return c.replyChannels(toChannel) }

// pubsubShardchannels replies with the shard channels that have subscribers.
func pubsubShardchannels(c *Call) error { return c.replyChannels(toShard) }

func (c *Call) replyChannels(kind subscriptionKind) error {
	var match []byte
	switch len(c.Args) {
	case 2:
	case 3:
		match = c.Arg(2)
	default:
		return errSubcommandSyntax(c)
	}
	names := c.Server.hub.list(kind, match)
	c.Reply.Array(len(names))
	for _, name := range names {
		c.Reply.BulkString(name)
	}
	return nil
}

// pubsubNumsub replies with channels and the number of their subscribers.
func pubsubNumsub(c *Call) error { return c.replySubscribers(toChannel) }

// pubsubShardnumsub replies with shard channels and the number of their subscribers.
func pubsubShardnumsub(c *Call) error { return c.replySubscribers(toShard) }

func (c *Call) replySubscribers(kind subscriptionKind) error {
	c.Reply.Array(2 * (len(c.Args) - 2))
	for _, name := range c.Args[2:] {
		c.Reply.Bulk(name)
		c.Reply.Int(int64(c.Server.hub.subscribers(kind, name)))
	}
	return nil
}

// pubsubNumpat replies with the number of patterns that have subscribers.
func pubsubNumpat(c *Call) error {
	c.Reply.Int(int64(c.Server.hub.size(toPattern)))
	return nil
}

func pubsubHelp(c *Call) error {
	return c.help("PUBSUB",
		"CHANNELS [<pattern>]",
		"    Return the currently active channels matching a <pattern> (default: '*').",
		"NUMPAT",
		"    Return number of subscriptions to patterns.",
		"NUMSUB [<channel> ...]",
		"    Return the number of subscribers for the specified channels, excluding",
		"    pattern subscriptions(default: no channels).",
		"SHARDCHANNELS [<pattern>]",
		"    Return the currently active shard level channels matching a <pattern> (default: '*').",
		"SHARDNUMSUB [<shardchannel> ...]",
		"    Return the number of subscribers for the specified shard level channel(s)")
}
