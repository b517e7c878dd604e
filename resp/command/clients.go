package command

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// clients knows the sessions by the id of their connection.
type clients struct {
	mu   sync.RWMutex // guards all below; a leaf lock
	byID map[uint64]*Session
}

func (l *clients) add(ses *Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byID == nil {
		l.byID = map[uint64]*Session{}
	}
	l.byID[ses.Conn.ID()] = ses
}

func (l *clients) remove(ses *Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.byID, ses.Conn.ID())
}

func (l *clients) find(id int64) *Session {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.byID[uint64(id)]
}

func (l *clients) count() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.byID)
}

// subscribers counts those that have subscriptions.
func (l *clients) subscribers() (n int) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, ses := range l.byID {
		if ses.subs.active() {
			n++
		}
	}
	return n
}

// all returns the sessions, the oldest first.
func (l *clients) all() []*Session {
	l.mu.RLock()
	list := make([]*Session, 0, len(l.byID))
	for _, ses := range l.byID {
		list = append(list, ses)
	}
	l.mu.RUnlock()
	slices.SortFunc(list, func(a, b *Session) int { return cmp.Compare(a.Conn.ID(), b.Conn.ID()) })
	return list
}

// profile is what other clients see of a session. Its goroutine brings it up to date when others may look: before it waits, and at the
// end of a batch.
type profile struct {
	mu sync.Mutex // guards all below; a leaf lock

	name, libName, libVersion string
	command                   *Command  // the last one
	seen                      time.Time // end of the last batch
	db                        int32
	queued                    int32 // commands since MULTI; -1 outside
	queuedMem                 int   // bytes of them
	watched                   int32 // keys
	args                      int   // bytes of the arguments of the command that is run, or waits
	protocol                  uint8
	noEvict                   bool
	blocked                   bool
	closing                   bool
}

// show brings the profile up to date at the end of b.
func (b *batch) show() {
	if b.lapped == 0 {
		b.lap()
	}
	b.ses.showAt(b.s.started.Add(b.lapped), false, 0)
}

// show brings the profile up to date.
func (ses *Session) show(blocked bool) { ses.showAt(time.Now(), blocked, 0) }

// showAt is show at a time. args is the size of the command that is run, or waits, if it is to be told.
func (ses *Session) showAt(now time.Time, blocked bool, args int) {
	p := &ses.profile
	p.mu.Lock()
	defer p.mu.Unlock()
	p.db, p.command, p.protocol, p.closing, p.blocked = int32(ses.db), ses.last, uint8(ses.Reply.Protocol()), ses.closing, blocked
	p.queued, p.queuedMem, p.args, p.watched = -1, 0, args, int32(ses.watch.Len())
	if ses.multi != nil {
		p.queued, p.queuedMem = int32(len(ses.multi.queued)), ses.multi.size
	}
	p.seen = now
}

// bytesOf returns the size of arguments.
func bytesOf(args [][]byte) (n int) {
	for _, arg := range args {
		n += len(arg)
	}
	return n
}

// name returns what CLIENT SETNAME set.
func (ses *Session) name() string {
	ses.profile.mu.Lock()
	defer ses.profile.mu.Unlock()
	return ses.profile.name
}

// setName sets what CLIENT LIST shows as the name.
func (ses *Session) setName(name []byte) {
	ses.profile.mu.Lock()
	defer ses.profile.mu.Unlock()
	ses.profile.name = string(name)
}

// kill ends the connection of another client, as if it had never been there from now on.
func (s *Server) kill(ses *Session) {
	s.clients.remove(ses)
	s.crowd.leave(ses)
	s.hub.leave(&ses.subs)
	ses.Conn.Kill()
}
