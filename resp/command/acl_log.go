package command

import (
	"slices"
	"strings"
	"sync"
	"time"

	"comet/resp/command/acl"
)

// aclLog holds the latest denials.
type aclLog struct {
	mu      sync.Mutex // guards entries; a leaf lock
	entries []aclEntry // the newest first
}

// aclEntry is a denial, or several of the same kind soon after each other.
type aclEntry struct {
	count    int64
	reason   acl.Reason
	inMulti  bool
	inScript bool
	object   string // the command, key or channel
	user     string
	at       time.Time // of the last one
	client   string    // the last one, as CLIENT INFO shows it
}

const (
	maxDenied     = 4 << 10     // bytes kept of a name: anybody can send long ones
	aclLogWindow  = time.Minute // denials of the same kind that are this near count as one
	aclLogCompare = 10          // newest entries among which one of the same kind is looked for
)

// add notes a denial, and forgets the oldest beyond limit.
func (l *aclLog) add(e aclEntry, limit int) {
	e.count, e.at = 1, time.Now()
	e.object, e.user = firstBytes(e.object), firstBytes(e.user)
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.entries[:min(len(l.entries), aclLogCompare)], e.isLike); i >= 0 {
		e.count += l.entries[i].count
		l.entries = slices.Insert(slices.Delete(l.entries, i, i+1), 0, e)
		return
	}
	l.entries = slices.Insert(l.entries, 0, e)
	if len(l.entries) > limit {
		l.entries = slices.Delete(l.entries, limit, len(l.entries))
	}
}

// firstBytes returns a copy of what is kept of a name.
func firstBytes(name string) string { return strings.Clone(name[:min(len(name), maxDenied)]) }

func (e *aclEntry) isLike(old aclEntry) bool {
	return e.reason == old.reason && e.inMulti == old.inMulti && e.inScript == old.inScript && e.object == old.object && e.user == old.user &&
		e.at.Sub(old.at) <= aclLogWindow
}

// latest returns the last n entries, the newest first.
func (l *aclLog) latest(n int64) []aclEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries[:min(n, int64(len(l.entries)))])
}

func (l *aclLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

// reply appends an entry as ACL LOG shows it.
func (e *aclEntry) reply(c *Call) {
	reasons := map[acl.Reason]string{
		acl.DeniedCommand: "command", acl.DeniedKey: "key", acl.DeniedAuth: "auth", acl.DeniedChannel: "channel",
	}
	context := "toplevel"
	switch {
	case e.inScript:
		context = "lua"
	case e.inMulti:
		context = "multi"
	}
	c.Reply.Map(7)
	replyInt(c.Reply, "count", e.count)
	c.replyField("reason", reasons[e.reason])
	c.replyField("context", context)
	c.replyField("object", e.object)
	c.replyField("username", e.user)
	c.Reply.BulkString("age-seconds")
	c.Reply.Double(float64(time.Since(e.at).Milliseconds()) / 1000)
	c.replyField("client-info", e.client)
}
