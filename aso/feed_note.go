package aso

import (
	"slices"
	"strconv"
)

// feedNotes is what the running unit has to tell feeds of. It tells of a change of a key once: how it was before the unit, and how it is
// at its end.
type feedNotes struct {
	keys map[dbKey]*feedNote
	told []feedEvent // in the order in which it happened
}

// feedNote is a key in feeds as it was before the unit changed it. It holds also when changes are taken back: then it is so again.
type feedNote struct {
	feeds   []*Feed
	existed bool
	old     feedValue
	changed bool   // there is something to tell
	cause   string // what changed it last
}

// feedEvent is what happened to the object key.
type feedEvent struct {
	dbKey
	what          FeedEvents // FeedUpdate for any change, FeedExpire, FeedEvict, FeedFlush, FeedTimer, FeedMessage or FeedEmit
	cause         string
	name, payload string // of what is no change
}

// feedNoChange are the events that are no changes.
const feedNoChange = FeedTimer | FeedMessage | FeedEmit

// What causes changes that no command makes.
const (
	causeExpiry   = "expire"
	causeEviction = "evict"
	causeTimer    = "timer"
	causeMessage  = "message"
)

// SetCause notes which command makes the changes that follow, for feeds.
func (tx *Tx) SetCause(name string) {
	if tx.feeding() {
		tx.cause = name
	}
}

// feeding reports whether feeds may want to know what happens.
func (tx *Tx) feeding() bool { return tx.ks.feeds.Load() != nil && !tx.replay && !tx.ks.Follows() }

// feedBefore notes the object at e, before a change, if that is in a feed.
func (tx *Tx) feedBefore(e *entry, key []byte) {
	if tx.feeding() {
		tx.noteBefore(e, key)
	}
}

func (tx *Tx) noteBefore(e *entry, key []byte) {
	n, fresh := tx.feedNote(key)
	if !fresh || e.r == 0 {
		return
	}
	rec := tx.record(e)
	n.existed = rec.kind() != KindNone
	if n.existed && slices.ContainsFunc(n.feeds, func(f *Feed) bool { return f.Old }) {
		n.old = tx.feedValue(e, rec)
	}
}

// feedNote returns the note on key, nil if it is in no feed, and whether it is fresh.
func (tx *Tx) feedNote(key []byte) (n *feedNote, fresh bool) {
	if n = tx.fed.keys[dbKey{tx.db, string(key)}]; n != nil {
		return n, false
	}
	feeds := tx.ks.feeds.Load().of(tx.db, key)
	if feeds == nil {
		return nil, false
	}
	if tx.fed.keys == nil {
		tx.fed.keys = map[dbKey]*feedNote{}
	}
	n = &feedNote{feeds: feeds}
	tx.fed.keys[dbKey{tx.db, string(key)}] = n
	return n, true
}

// feedTell notes what happened to the object at key, if that is in a feed. A change that feedBefore does not know of is one inside of a
// large value. There are feeds.
func (tx *Tx) feedTell(what FeedEvents, key []byte, name string, payload []byte) {
	if what&feedNoChange != 0 {
		e := tx.find(key)
		tx.noteBefore(&e, key)
	}
	n, fresh := tx.feedNote(key)
	if n == nil {
		return
	}
	if fresh {
		n.existed, n.old = tx.Alive(key), feedValue{omitted: omittedUnknown}
	}
	t := feedEvent{dbKey{tx.db, string(key)}, what, tx.cause, name, string(payload)}
	if what == FeedExpire {
		t.cause = causeExpiry
	}
	tx.fed.told = append(tx.fed.told, t)
}

// feedForget drops the changes of key since m, which were taken back.
func (tx *Tx) feedForget(m Mark, key []byte) {
	told := slices.DeleteFunc(tx.fed.told[m.told:], func(t feedEvent) bool {
		return t.what == FeedUpdate && t.db == tx.db && t.key == string(key)
	})
	tx.fed.told = tx.fed.told[:m.told+len(told)]
}

// endFeeds ends what the unit has to tell feeds of.
func (tx *Tx) endFeeds() {
	tx.feedUnit()
	clear(tx.fed.keys)
	clear(tx.fed.told)
	tx.fed.told = tx.fed.told[:0]
}

// feedUnit lets what the unit has to tell wait for its way to the streams.
func (tx *Tx) feedUnit() {
	var changed []dbKey
	for i := range tx.fed.told {
		t := &tx.fed.told[i]
		n := tx.fed.keys[t.dbKey]
		switch {
		case t.what == FeedFlush:
			tx.fed.flush(t.db)
		case n == nil:
		case t.what == FeedUpdate:
			if !n.changed {
				changed = append(changed, t.dbKey)
			}
			n.changed, n.cause = true, t.cause
		case t.what == FeedExpire || t.what == FeedEvict:
			if n.existed {
				tx.feedAll(n, t)
			}
			n.existed, n.old, n.changed = false, feedValue{}, false
		}
	}
	for _, k := range changed {
		if n := tx.fed.keys[k]; n.changed {
			n.changed = false
			tx.feedChange(n, k)
		}
	}
	for i := range tx.fed.told {
		if t := &tx.fed.told[i]; t.what&feedNoChange != 0 {
			tx.feedAll(tx.fed.keys[t.dbKey], t)
		}
	}
}

// flush notes that no key of a database is there any more. The entry on that tells of them all.
func (s *feedNotes) flush(db int) {
	for k, n := range s.keys {
		if k.db == db {
			n.existed, n.old, n.changed = false, feedValue{}, false
		}
	}
}

// feedChange tells how the key k differs from what n says. One that came to be and is gone again was never there.
func (tx *Tx) feedChange(n *feedNote, k dbKey) {
	t := &feedEvent{dbKey: k, cause: n.cause}
	exists := false
	tx.inDB(k.db, func() { exists = tx.Alive([]byte(k.key)) })
	switch {
	case exists && n.existed:
		t.what = FeedUpdate
	case exists:
		t.what = FeedPut
	case n.existed:
		t.what = FeedDelete
	default:
		return
	}
	tx.feedAll(n, t)
}

// feedAll writes an entry on t for each feed of n that takes it.
func (tx *Tx) feedAll(n *feedNote, t *feedEvent) {
	for _, f := range n.feeds {
		if f.Takes()&t.what != 0 && f.is(tx.ks.feeds.Load().get(f.Name)) {
			pairs := tx.feedPairs(f, n, t)
			tx.inDB(f.DB, func() { tx.addEntry(f, t.key, pairs) })
		}
	}
}

// feedPairs returns the fields and values of the entry on t, but for its id.
func (tx *Tx) feedPairs(f *Feed, n *feedNote, t *feedEvent) [][]byte {
	var p feedFields
	p.add("event", t.what.Names()[0])
	p.add("key", t.key)
	p.add("db", strconv.Itoa(t.db))
	p.add("cause", t.cause)
	p.add("at", strconv.FormatInt(tx.now, 10))
	if t.what&feedNoChange != 0 {
		p.add("name", t.name)
		switch {
		case len(t.payload) > maxFeedValue:
			p.value("payload", feedValue{omitted: omittedLarge})
		case t.payload != "":
			p.add("payload", t.payload)
		}
	}
	tx.inDB(t.db, func() {
		e := tx.find([]byte(t.key))
		if t.what == FeedPut || t.what == FeedUpdate {
			rec := tx.record(&e)
			p.add("type", rec.kind().String())
			if at := rec.deadline(); at != 0 {
				p.add("expires", strconv.FormatInt(at, 10))
			}
			if f.New {
				p.value("new", tx.feedValue(&e, rec))
			}
		}
	})
	if f.Old && n.existed && t.what&(FeedUpdate|FeedDelete|FeedExpire|FeedEvict) != 0 {
		p.value("old", n.old)
	}
	return p
}

// feedFields are the fields and values of an entry in turn.
type feedFields [][]byte

func (p *feedFields) add(name, text string) { *p = append(*p, []byte(name), []byte(text)) }

// value adds v, or why it is not there.
func (p *feedFields) value(name string, v feedValue) {
	if v.omitted != "" {
		p.add(name+"_omitted", v.omitted)
		return
	}
	*p = append(*p, []byte(name), v.text)
}
