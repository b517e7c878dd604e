package command

import (
	"slices"
	"strings"

	"comet/aso"
	"comet/aso/value"
)

var feedCommands = family{
	"aso.feed|create": {run: asoFeedCreate, access: accessAll},
	"aso.feed|del":    {run: asoFeedDel, access: accessAll},
	"aso.feed|list":   {run: asoFeedList, access: accessNone},
}

const (
	errSwapFeeds = aso.Error("ASOINUSE a feed tells of the keys of one of the databases")
	errFeedWrite = aso.Error("ASOINUSE the stream of a feed is written by the feed; ASO.FEED DEL removes both")
)

const maxFeedLen = 1<<31 - 1

// asoFeedCreate makes a feed of the keys of the selected database, or of all.
func asoFeedCreate(c *Call) error {
	f, err := c.feedOptions()
	if err != nil {
		return err
	}
	if err := c.guarded(func() error { return c.Tx.CreateFeed(f) }); err != nil {
		return err
	}
	c.OK()
	return nil
}

func (c *Call) feedOptions() (f aso.Feed, err error) {
	f.Name = string(c.Arg(2))
	for i := 3; i < len(c.Args); i++ {
		left := len(c.Args) - i - 1
		switch {
		case c.Is(i, "MATCH") && left >= 1:
			i++
			f.Glob = string(c.Arg(i))
		case c.Is(i, "EVENTS") && left >= 1:
			n := 0
			if n, err = c.feedEvents(&f, i+1); err == nil && n == 0 {
				err = errSyntax
			}
			i += n
		case c.Is(i, "MAXLEN") && left >= 1:
			i++
			f.MaxLen, err = c.IntIn(i, 1, maxFeedLen, "")
		case c.Is(i, "DB") && left >= 1 && c.Is(i+1, "ALL"):
			i++
			f.All = true
		case c.Is(i, "OLD"):
			f.Old = true
		case c.Is(i, "NEW"):
			f.New = true
		default:
			err = errSyntax
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// feedEvents reads names of events from argument i on, up to the next option, and returns how many there are.
func (c *Call) feedEvents(f *aso.Feed, i int) (n int, err error) {
	for _, word := range c.Args[i:] {
		name := strings.ToLower(string(word))
		if slices.Contains([]string{"match", "events", "maxlen", "old", "new", "db"}, name) {
			break
		}
		event := aso.FeedEventNamed(name)
		if event == 0 {
			return n, aso.Error("ERR unknown event " + string(clip(word, maxQuoted)))
		}
		f.Events |= event
		n++
	}
	return n, nil
}

// asoFeedDel removes a feed with its stream: 1, or 0 if there is none.
func asoFeedDel(c *Call) error {
	deleted, err := c.Tx.DeleteFeed(string(c.Arg(2)))
	if err != nil {
		return err
	}
	c.intBool(deleted)
	return nil
}

// asoFeedList replies with the feeds in the order of their names.
func asoFeedList(c *Call) error {
	pattern, err := c.matchOption(2)
	if err != nil {
		return err
	}
	at, n := c.Reply.Defer(), 0
	for _, f := range c.Server.ks.Feeds() {
		if value.Match(pattern, []byte(f.Name), false) {
			c.replyFeed(f)
			n++
		}
	}
	c.Reply.SetArray(at, n)
	return nil
}

func (c *Call) replyFeed(f *aso.Feed) {
	r := c.Reply
	r.Map(9)
	replyText(r, "name", f.Name)
	replyText(r, "key", f.Key())
	replyText(r, "match", f.Glob)
	replyInt(r, "db", int64(f.DB))
	replyInt(r, "all", asInt(f.All))
	r.BulkString("events")
	names := f.Takes().Names()
	r.Array(len(names))
	for _, name := range names {
		r.BulkString(name)
	}
	replyInt(r, "maxlen", f.MaxLen)
	replyInt(r, "old", asInt(f.Old))
	replyInt(r, "new", asInt(f.New))
}

func asInt(on bool) int64 {
	if on {
		return 1
	}
	return 0
}

// feedWrites are the commands that may change the stream of a feed: those of its readers, and those that make it shorter.
var feedWrites = map[string]bool{
	"xreadgroup": true, "xack": true, "xclaim": true, "xautoclaim": true, "xtrim": true, "xdel": true, "aso.feed|create": true, "aso.feed|del": true,
	"xgroup|create": true, "xgroup|createconsumer": true, "xgroup|delconsumer": true, "xgroup|destroy": true, "xgroup|setid": true,
}

// guardFeeds refuses a command that would change the stream of a feed otherwise.
func (c *Call) guardFeeds() (err error) {
	if !c.Cmd.has(flagWrite) || len(c.Server.ks.Feeds()) == 0 || feedWrites[c.Cmd.Name] || c.Session.link != nil {
		return nil
	}
	c.Cmd.eachKey(c.Args, func(i int, spec *KeySpec) {
		if c.Server.ks.IsFeed(c.Args[i]) && (spec == nil || !spec.has("RO")) {
			err = errFeedWrite
		}
	})
	return err
}

// feeds reports whether a feed tells of the keys of one of two databases, or has its stream there.
func (c *Call) feeds(a, b int) bool {
	return slices.ContainsFunc(c.Server.ks.Feeds(), func(f *aso.Feed) bool { return f.All || f.DB == a || f.DB == b })
}
