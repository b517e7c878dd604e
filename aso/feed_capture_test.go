package aso

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"comet/aso/randtest"
	"comet/aso/value"
)

// feedState is what a feed of ks holds, and the entries that are on their way, in their order.
func feedState(ks *Keyspace) (stream, waiting []string) {
	tx := ks.Begin(allLocks())
	defer unlock(tx)
	s, _ := tx.Stream([]byte("aso:feed:f"))
	s.Ascend(value.StreamID{}, func(e *value.StreamEntry) bool {
		text := ""
		e.Each(func(name, v []byte) { text += fmt.Sprintf("%s=%s ", name, v) })
		stream = append(stream, text)
		return true
	})
	for part := range ks.parts {
		if d := ks.parts[part].dbs[0]; d != nil {
			d.tail.from(0, func(e *feedEntry) bool {
				waiting = append(waiting, fmt.Sprintf("%d %s %q", e.id, e.feed, e.pairs))
				return true
			})
		}
	}
	return stream, waiting
}

// Entries are made and moved between the pieces of a snapshot; with the journal since it makes the same feed.
func TestEntriesOfFeedsMoveWhileTheyAreCopied(t *testing.T) {
	first := randtest.Seed(t)
	for round := range uint64(40) {
		seed := first + round
		r := rand.New(rand.NewPCG(seed, 0))
		log := &recorder{}
		opt := Options{Databases: 2, Limits: tinyLimits(), Now: func() int64 { return 1000 }, Committer: log}
		ks := New(opt)
		ks.hold = 30 << (round % 6)
		tx := ks.Begin(allLocks())
		if err := tx.CreateFeed(Feed{Name: "f", Glob: "*", Old: true, New: true}); err != nil {
			t.Fatal(err)
		}
		tx.Commit()
		act := func() {
			for range r.IntN(6) {
				key := fmt.Append(nil, "k", r.IntN(30))
				var locks Locks
				locks.Add(key)
				tx := ks.Begin(&locks)
				switch r.IntN(5) {
				case 0:
					tx.Delete(key)
				case 1:
					m := tx.Mark()
					must(t, tx.SetString(key, []byte("never"), 0))
					must(t, tx.Rollback(m))
				default:
					must(t, tx.SetString(key, fmt.Append(nil, r.IntN(1000)), 0))
				}
				must(t, tx.End())
				tx.Commit()
				if r.IntN(3) == 0 {
					ks.moveFeeds(partitionOf(Slot(key)))
				}
			}
			if r.IntN(100) == 0 {
				tx := ks.Begin(allLocks())
				if _, err := tx.FlushDB(); err != nil {
					t.Fatal(err)
				}
				must(t, tx.End())
				tx.Commit()
			}
		}
		for range 20 {
			act()
		}
		begin, left := len(log.units), 300
		chunks, err := takeSnapshot(ks, func(midway bool) {
			for ; left > 0 && (midway && r.IntN(3) > 0 || r.IntN(60) == 0); left-- {
				act()
			}
		})
		must(t, err)
		loaded := New(Options{Databases: 2, Limits: tinyLimits(), Now: opt.Now})
		l := loaded.NewLoader()
		for _, c := range chunks {
			must(t, l.Chunk(c.seq, c.data))
		}
		for i, unit := range log.units[begin:] {
			must(t, l.Unit(uint64(begin+i+1), unit))
		}
		l.Close()
		got, gotWaiting := feedState(loaded)
		want, wantWaiting := feedState(ks)
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(gotWaiting, wantWaiting) {
			t.Fatalf("seed %d: loaded %d entries and %d on their way, want %d and %d", seed, len(got), len(gotWaiting), len(want), len(wantWaiting))
		}
		if loaded.tailed.Load() != ks.tailed.Load() || loaded.tailBytes.Load() != ks.tailBytes.Load() {
			t.Errorf("seed %d: %d entries of %d bytes are counted, want %d of %d", seed, loaded.tailed.Load(), loaded.tailBytes.Load(), ks.tailed.Load(), ks.tailBytes.Load())
		}
	}
}
