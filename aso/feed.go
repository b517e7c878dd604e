package aso

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"comet/aso/value"
)

// Feed tells in a stream what commits on the keys that match a pattern. It is immutable.
type Feed struct {
	Name     string
	DB       int        // where its stream is, and whose keys it watches
	All      bool       // it watches the keys of all databases
	Glob     string     // as KEYS takes it
	Events   FeedEvents // that it tells of; 0 is all changes
	MaxLen   int64      // entries that its stream is trimmed to, about; 0 is all
	Old, New bool       // an entry has the value before and after the change

	prefix, rest string // see literal
	origin       *Feed  // itself, or the feed that it was before it was changed
}

// is reports whether f and o are the same feed, as it was at two times.
func (f *Feed) is(o *Feed) bool { return o != nil && o.origin == f.origin }

// FeedEvents is a set of what feeds tell of.
type FeedEvents uint16

// What feeds tell of.
const (
	FeedPut     FeedEvents = 1 << iota // a key has come to be
	FeedUpdate                         // its value or its deadline has changed
	FeedDelete                         // it is gone
	FeedExpire                         // its deadline has taken it
	FeedEvict                          // it gave way because memory was short
	FeedFlush                          // all keys of a database are gone
	FeedTimer                          // a timer of it has fired
	FeedMessage                        // a message to it was handled
	FeedEmit                           // a handler of it said so
)

var feedEventNames = [...]string{"put", "update", "delete", "expire", "evict", "flush", "timer", "message", "emit"}

// FeedEventNamed returns the event called name, 0 if that is the name of none.
func FeedEventNamed(name string) FeedEvents {
	if i := slices.Index(feedEventNames[:], strings.ToLower(name)); i >= 0 {
		return 1 << i
	}
	return 0
}

// Names returns the names of the events in the set.
func (s FeedEvents) Names() (names []string) {
	for i, name := range feedEventNames {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// feedPrefix begins the keys of the streams of feeds. Keys that begin with it are in no feed.
const feedPrefix = "aso:feed:"

// Key returns the key of the feed's stream.
func (f *Feed) Key() string { return feedPrefix + f.Name }

// Takes returns the events that the feed tells of. What is no change it tells of only when that is named.
func (f *Feed) Takes() FeedEvents {
	return cmp.Or(f.Events, FeedPut|FeedUpdate|FeedDelete|FeedExpire|FeedEvict|FeedFlush)
}

func (f *Feed) watches(db int) bool { return f.All || f.DB == db }

func (f *Feed) matches(key []byte) bool {
	return bytes.HasPrefix(key, []byte(f.prefix)) && (f.rest == "*" || value.Match([]byte(f.Glob), key, false))
}

// Bounds of feeds.
const (
	maxFeeds    = 64
	maxFeedName = 128  // bytes
	maxFeedGlob = 1024 // bytes
)

// feedSet is all feeds, by name. It is replaced as a whole, by a Tx that holds all locks; a set without feeds is nil.
type feedSet struct{ list []*Feed }

func (s *feedSet) get(name string) *Feed {
	if s != nil {
		for _, f := range s.list {
			if f.Name == name {
				return f
			}
		}
	}
	return nil
}

// with returns the set with f in the place of the feed of its name.
func (s *feedSet) with(f *Feed) *feedSet {
	next := &feedSet{[]*Feed{f}}
	if rest := s.without(f.Name); rest != nil {
		next.list = append(next.list, rest.list...)
	}
	slices.SortFunc(next.list, func(a, b *Feed) int { return strings.Compare(a.Name, b.Name) })
	return next
}

func (s *feedSet) without(name string) *feedSet {
	if s == nil {
		return nil
	}
	list := slices.DeleteFunc(slices.Clone(s.list), func(f *Feed) bool { return f.Name == name })
	if len(list) == 0 {
		return nil
	}
	return &feedSet{list}
}

// of returns the feeds that key of database db is in.
func (s *feedSet) of(db int, key []byte) (list []*Feed) {
	if bytes.HasPrefix(key, []byte(feedPrefix)) {
		return nil
	}
	for _, f := range s.list {
		if f.watches(db) && f.matches(key) {
			list = append(list, f)
		}
	}
	return list
}

// Feeds returns the feeds in the order of their names.
func (ks *Keyspace) Feeds() []*Feed {
	if set := ks.feeds.Load(); set != nil {
		return set.list
	}
	return nil
}

// isFeedOf reports whether key of database db is the stream of a feed.
func (ks *Keyspace) isFeedOf(db int, key []byte) bool {
	set := ks.feeds.Load()
	if set == nil || !bytes.HasPrefix(key, []byte(feedPrefix)) {
		return false
	}
	f := set.get(string(key[len(feedPrefix):]))
	return f != nil && f.DB == db
}

// feedStreams returns how many streams of feeds are in a partition, whose lock is held. They never give way.
func (ks *Keyspace) feedStreams(part int) (n int) {
	for _, f := range ks.Feeds() {
		key := []byte(f.Key())
		slot := Slot(key)
		if d := ks.parts[part].dbs[f.DB]; partitionOf(slot) == part && d != nil && d.slots[slot%slotsPerPartition].find(ks.arena, key, hashKey(key)) >= 0 {
			n++
		}
	}
	return n
}

// IsFeed reports whether key is that of a feed's stream, in any database.
func (ks *Keyspace) IsFeed(key []byte) bool {
	name, ok := bytes.CutPrefix(key, []byte(feedPrefix))
	return ok && ks.feeds.Load().get(string(name)) != nil
}

// PendingFeedEntries returns the number of entries that are on their way to the streams of feeds.
func (ks *Keyspace) PendingFeedEntries() int64 { return ks.tailed.Load() }

// CreateFeed makes f a feed of the selected database, and its stream. The Tx holds all locks.
func (tx *Tx) CreateFeed(f Feed) error {
	set := tx.ks.feeds.Load()
	f.DB, f.origin = tx.db, &f
	if err := f.check(); err != nil {
		return err
	}
	switch {
	case set.get(f.Name) != nil || tx.Exists([]byte(f.Key())):
		return Error("ASOEXISTS there is a feed or a key of that name")
	case set != nil && len(set.list) >= maxFeeds:
		return Error("ASOQUOTA there are 64 feeds")
	}
	s, err := tx.Stream([]byte(f.Key()))
	if err != nil {
		return err
	}
	s.SetMeta(value.StreamID{}, 0, value.StreamID{}) // so that it is there for the groups of readers
	replace(tx, &tx.ks.feeds, set.with(&f))
	tx.effectFeed(f.Name, &f)
	return tx.EndCommand()
}

// check completes a new feed, and returns an error if something is wrong with it.
func (f *Feed) check() error {
	f.prefix, f.rest = literal(f.Glob)
	switch {
	case f.Name == "" || len(f.Name) > maxFeedName:
		return Error("ERR the name of a feed has 1 to 128 bytes")
	case f.Glob == "" || len(f.Glob) > maxFeedGlob:
		return Error("ERR the pattern of a feed has 1 to 1024 bytes")
	case strings.HasPrefix(f.prefix, feedPrefix):
		return Error("ERR feeds tell nothing of the keys of feeds")
	}
	return nil
}

// ChangeFeed makes f what the feed of its name in the selected database is from now on. Its stream, and what is on its way there, stay. Of a key
// that the unit changed before it tells as it was. The Tx holds all locks.
func (tx *Tx) ChangeFeed(f Feed) error {
	set := tx.ks.feeds.Load()
	old := set.get(f.Name)
	if old == nil || old.DB != tx.db {
		return Error("ASOEXISTS a feed stays in its database")
	}
	f.DB, f.origin = tx.db, old.origin
	if err := f.check(); err != nil {
		return err
	}
	replace(tx, &tx.ks.feeds, set.with(&f))
	tx.effectFeed(f.Name, &f)
	return nil
}

// DeleteFeed removes the feed called name of the selected database with its stream, and reports whether it was there. The Tx holds all locks.
func (tx *Tx) DeleteFeed(name string) (bool, error) {
	set := tx.ks.feeds.Load()
	f := set.get(name)
	if f == nil || f.DB != tx.db {
		return false, nil
	}
	tx.drainFeed(f)
	if err := tx.EndCommand(); err != nil {
		return false, err
	}
	tx.Delete([]byte(f.Key()))
	replace(tx, &tx.ks.feeds, set.without(name))
	tx.effectFeed(name, nil)
	return true, nil
}

// effectFeed records that f is the feed called name, or that there is none.
func (tx *Tx) effectFeed(name string, f *Feed) {
	tx.effectCommon(func(l *effectLog) { l.feed(name, f) })
}

// feed appends the effect that makes f, nil for none, the feed called name.
func (l *effectLog) feed(name string, f *Feed) {
	l.op(opFeed)
	l.text(name)
	if f == nil {
		l.text("")
		return
	}
	l.text(f.Glob)
	l.uint(uint64(f.DB))
	for _, on := range []bool{f.All, f.Old, f.New} {
		if on {
			l.op(1)
		} else {
			l.op(0)
		}
	}
	l.uint(uint64(f.Events))
	l.int(f.MaxLen)
}

// applyFeed makes the feed that an effect tells of.
func (tx *Tx) applyFeed(d *decoder, skip bool) error {
	f := &Feed{Name: string(d.bytes()), Glob: string(d.bytes())}
	if f.Glob == "" {
		if d.err == nil && !skip {
			tx.ks.feeds.Store(tx.ks.feeds.Load().without(f.Name))
		}
		return d.err
	}
	db := d.uint()
	f.DB = int(db)
	f.All, f.Old, f.New = d.byte() != 0, d.byte() != 0, d.byte() != 0
	events, maxLen := d.index(), d.int()
	if d.err != nil || skip {
		return d.err
	}
	if db >= uint64(tx.ks.databases) || events >= 1<<len(feedEventNames) || maxLen < 0 || f.check() != nil {
		return errCorrupt
	}
	f.Events, f.MaxLen, f.origin = FeedEvents(events), maxLen, f
	tx.ks.feeds.Store(tx.ks.feeds.Load().with(f))
	return nil
}
