package aso

import (
	"log/slog"
	"strconv"

	"comet/aso/value"
)

// How much goes to the streams as one unit, so that it is a small part of a hold.
const (
	moveCount = 32 // entries
	moveBytes = 64 << 10
)

// feedsWait reports whether entries in the partition are on their way.
func (ks *Keyspace) feedsWait(part int) bool { return ks.parts[part].tailed.Load() > 0 }

// firstEntry is when entries are to be moved: at once, 0 if none wait.
func (ks *Keyspace) firstEntry() int64 { return min(ks.tailed.Load(), 1) }

// moveFeeds moves some of the entries that wait in a partition to the streams, and returns what Commit does.
func (ks *Keyspace) moveFeeds(part int) (gate uint64) {
	return ks.widening(part, func(tx *Tx) *Locks { return tx.moveSome(part) })
}

// moveSome moves entries of a partition, as many as one hold may. It ends early with the locks of streams that cannot be had without waiting.
func (tx *Tx) moveSome(part int) (missing *Locks) {
	h := newHold()
	for db, d := range tx.ks.parts[part].dbs {
		for d != nil && d.tail.len() > 0 && h.more() {
			entries, locks := d.nextEntries()
			if !tx.widen(&locks) {
				return &locks
			}
			tx.Start(db)
			tx.moveEntries(part, d, entries)
			_ = tx.End()
			h.did(true)
		}
	}
	return nil
}

// nextEntries returns the entries that go next, and the locks of their streams.
func (d *database) nextEntries() (entries []*feedEntry, locks Locks) {
	size := 0
	d.tail.from(0, func(e *feedEntry) bool {
		entries = append(entries, e)
		locks.Add([]byte(feedPrefix + e.feed))
		size += len(e.pairs)
		return len(entries) < moveCount && size < moveBytes
	})
	return entries, locks
}

// moveEntries moves entries, the first ones of d, which is the part of the selected database in a partition, to their streams.
func (tx *Tx) moveEntries(part int, d *database, entries []*feedEntry) {
	tx.endEntries(part, d, entries)
	for _, e := range entries {
		pairs, err := e.fields()
		if f := tx.ks.feeds.Load().get(e.feed); f != nil && err == nil {
			err = tx.appendFeed(f, pairs)
		}
		if err != nil {
			tx.ks.trouble("feed "+e.feed, "entry "+eventText(e.id)+" lost: "+err.Error())
			slog.Error("entry of a feed lost", "feed", e.feed, "error", err)
		}
	}
	if err := tx.EndCommand(); err != nil {
		slog.Error("entries of feeds not stored", "error", err)
	}
}

// appendFeed adds an entry to the stream of f, whose database is selected.
func (tx *Tx) appendFeed(f *Feed, pairs [][]byte) error {
	key := []byte(f.Key())
	if kind := tx.Kind(key); kind != KindNone && kind != KindStream { // the work of a handler
		tx.Delete(key)
	}
	s, err := tx.Stream(key)
	if err != nil {
		return err
	}
	id, ok := s.NextID(tx.now)
	if !ok {
		return Error("ERR the stream has no further ID")
	}
	s.Append(id, pairs)
	if f.MaxLen > 0 {
		s.Trim(&value.StreamTrim{MaxLen: int(f.MaxLen), Whole: true})
	}
	tx.Notify(NotifyStream, "xadd", key)
	return nil
}

// drainFeed moves all entries that wait in the database of f. The Tx holds all locks.
func (tx *Tx) drainFeed(f *Feed) {
	tx.inDB(f.DB, func() {
		for part := range tx.ks.parts {
			for d := tx.ks.parts[part].dbs[f.DB]; d != nil && d.tail.len() > 0; {
				entries, _ := d.nextEntries()
				tx.moveEntries(part, d, entries)
			}
		}
	})
}

// keptFeed is the stream of a feed, which outlives its database.
type keptFeed struct {
	key     []byte
	encoded []byte
}

// beforeFlush prepares the feeds that tell of the selected database for its end: what has happened before is in their streams, and returns
// the streams that are in it.
func (tx *Tx) beforeFlush() (kept []keptFeed) {
	if !tx.feeding() {
		return nil
	}
	for _, f := range tx.ks.Feeds() {
		if !f.watches(tx.db) {
			continue
		}
		tx.drainFeed(f)
		if f.DB != tx.db {
			continue
		}
		key := []byte(f.Key())
		if e := tx.find(key); e.r != 0 && tx.record(&e).kind() == KindStream {
			kept = append(kept, keptFeed{key, tx.encodeValue(nil, &e, tx.record(&e))})
		}
	}
	return kept
}

// afterFlush restores the streams of feeds, and tells of the end of the selected database if any other key was there.
func (tx *Tx) afterFlush(kept []keptFeed, keys int) error {
	for _, k := range kept {
		e := tx.find(k.key)
		img := image{key: k.key, kind: KindStream, clock: tx.newClock()}
		var err error
		if img.value, img.large, err = tx.decodeValue(&e, KindStream, k.encoded); err != nil {
			return err
		}
		tx.effectPacked(&img, k.encoded)
		if err := tx.put(&e, &img); err != nil {
			return err
		}
	}
	if len(tx.fed.keys) > 0 {
		tx.fed.told = append(tx.fed.told, feedEvent{dbKey: dbKey{db: tx.db}, what: FeedFlush})
	}
	if keys == len(kept) || !tx.feeding() {
		return nil
	}
	db := tx.db
	for _, f := range tx.ks.Feeds() {
		if !f.watches(db) || f.Takes()&FeedFlush == 0 {
			continue
		}
		var p feedFields
		p.add("event", FeedFlush.Names()[0])
		p.add("db", strconv.Itoa(db))
		p.add("cause", tx.cause)
		p.add("at", strconv.FormatInt(tx.now, 10))
		p.add("id", eventText(tx.ks.eventID(tx.now)))
		var err error
		tx.inDB(f.DB, func() { err = tx.appendFeed(f, p) })
		if err != nil {
			return err
		}
	}
	return tx.EndCommand()
}
