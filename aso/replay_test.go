package aso

import (
	"context"
	"slices"
	"testing"

	"comet/aso/value"
	"pgregory.net/rapid"
)

// recorder is a journal in memory.
type recorder struct{ units [][]byte }

func (r *recorder) Append(unit []byte) uint64 {
	r.units = append(r.units, slices.Clone(unit))
	return uint64(len(r.units))
}

func (*recorder) Kept(uint64) bool { return false }

func (r *recorder) Commit(uint64) error { return nil }

// chunk is a part of a snapshot.
type chunk struct {
	seq  uint64
	data []byte
}

// load returns a keyspace made of a snapshot and a journal, on the clock of w.
func (w *world) load(t *rapid.T, chunks []chunk, units [][]byte, first int) *Keyspace {
	ks := New(Options{Databases: 2, Limits: tinyLimits(), Now: func() int64 { return w.now }})
	l := ks.NewLoader()
	for _, c := range chunks {
		must(t, l.Chunk(c.seq, slices.Clone(c.data)))
	}
	for i, unit := range units[first:] {
		must(t, l.Unit(uint64(first+i+1), slices.Clone(unit)))
	}
	l.Close()
	return ks
}

// same fails the test unless both keyspaces show clients the same.
func same(t *rapid.T, got, want *Keyspace) {
	t.Helper()
	txWant := want.Begin(allLocks())
	defer txWant.Commit()
	txGot := got.Begin(allLocks())
	defer txGot.Commit()
	if d := stateOf(txGot).diff(stateOf(txWant)); d != "" {
		t.Fatal(d)
	}
	if err := consistent(got); err != nil {
		t.Fatal(err)
	}
}

// checkReplay fails the test unless the journal alone makes what w holds.
func (w *world) checkReplay(t *rapid.T, units [][]byte) {
	t.Helper()
	same(t, w.load(t, nil, units, 0), w.ks)
}

// transact runs some units of random commands.
func (w *world) transact(t *rapid.T) {
	w.now += int64(rapid.IntRange(0, 20).Draw(t, "pass"))
	tx := w.begin()
	defer unlock(tx)
	for range rapid.IntRange(1, 4).Draw(t, "units") {
		tx.Start(0)
		if rapid.IntRange(0, 20).Draw(t, "flush or swap") == 0 {
			w.flushOrSwap(t, tx)
		} else {
			w.command(t, tx)
			w.commands(t, tx)
		}
		must(t, tx.End())
	}
	tx.Commit()
	if rapid.IntRange(0, 4).Draw(t, "expire") == 0 {
		must(t, w.ks.RunDue())
	}
}

// unlock is deferred for the case that rapid ends the run inside tx: a snapshot that is being made could wait for its locks for ever.
func unlock(tx *Tx) {
	if cause := recover(); cause != nil {
		tx.Commit()
		panic(cause)
	}
}

func TestJournalMakesTheSameKeyspace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := &recorder{}
		w := newWorld(log)
		for range rapid.IntRange(1, 8).Draw(t, "transactions") {
			w.transact(t)
		}
		w.checkReplay(t, log.units)
	})
}

// A snapshot is taken while clients go on; with the units since its beginning it makes the same keyspace, also when it is taken of a
// keyspace that was itself loaded, and no unit before the snapshot is there any more.
func TestSnapshotAndJournalMakeTheSameKeyspace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := &recorder{}
		w := newWorld(log)
		for range rapid.IntRange(0, 6).Draw(t, "before") {
			w.transact(t)
		}
		begin := len(log.units)
		var chunks []chunk
		calls, every := 0, rapid.IntRange(1, 4).Draw(t, "every")
		err := w.ks.Snapshot(context.Background(), func(seq uint64, data []byte) error {
			chunks = append(chunks, chunk{seq, slices.Clone(data)})
			if calls++; calls%every == 0 && calls < 60 {
				w.transact(t)
			}
			return nil
		})
		for range rapid.IntRange(0, 3).Draw(t, "after") {
			w.transact(t)
		}
		if err == ErrSwapped {
			return
		}
		must(t, err)
		loaded := w.load(t, chunks, log.units, begin)
		same(t, loaded, w.ks)
		var again []chunk
		must(t, loaded.Snapshot(context.Background(), func(seq uint64, data []byte) error {
			again = append(again, chunk{seq, slices.Clone(data)})
			return nil
		}))
		same(t, w.load(t, again, nil, 0), w.ks)
	})
}

func FuzzUnit(f *testing.F) {
	log := &recorder{}
	w := newWorld(log)
	tx := w.begin()
	_ = tx.SetString([]byte("a"), []byte("text"), 5)
	h, _ := tx.Hash([]byte("h"))
	h.Set([]byte("f"), []byte("v"))
	l, _ := tx.List([]byte("l"))
	l.PushBack([]byte("e"))
	z, _ := tx.ZSet([]byte("z"))
	z.Set([]byte("m"), 1)
	s, _ := tx.Stream([]byte("s"))
	s.Append(value.StreamID{Ms: 1}, [][]byte{[]byte("f"), []byte("v")})
	s.Append(value.StreamID{Ms: 2}, [][]byte{[]byte("f"), []byte("v")})
	s.SetGroup([]byte("g"), value.StreamID{}, 0)
	s.SetConsumer([]byte("g"), []byte("c"), 5)
	s.Deliver([]byte("g"), []byte("c"), []value.Delivery{{ID: value.StreamID{Ms: 1}, At: 7, Count: 1}})
	s.Acknowledge([]byte("g"), []value.StreamID{{Ms: 1}})
	s.Trim(&value.StreamTrim{MaxLen: 1})
	s.SetMeta(value.StreamID{Ms: 5}, 9, value.StreamID{Ms: 1})
	t := Timer{Name: "t", At: 9, Due: 5, Every: 3, Jitter: 2, CatchUp: CatchUpAll, Retries: 1, Left: 4, Until: 90, Attempt: 1, Err: "e", Data: []byte("d"), Again: 7}
	_, _ = tx.armTimer([]byte("h"), t, TimerAlways, 64)
	_, _ = tx.armTimer([]byte("h"), Timer{Name: "c", At: 9, Due: 5, Cron: "@daily", Zone: "Asia/Tokyo"}, TimerAlways, 64)
	tx.deadLetter(&DeadLetter{Kind: DeadTimer, Key: "h", Name: "t", Due: 5, Attempts: 2, Error: "e", Data: []byte("d")})
	dead := &DeadLetter{Kind: DeadTimer, Key: "h", Name: "u"}
	tx.deadLetter(dead)
	tx.DropDead(dead.ID)
	c, err := tx.LoadCode([]byte("#!lua name=h\nfunction onPut(self, ev) end"), "user")
	if err != nil {
		f.Fatal(err)
	}
	_ = tx.SetAlias("live", c, 0, 0)
	target, _ := w.ks.Target("h@live")
	_ = tx.SetRule(Rule{ID: "r", Glob: "a*", Target: target}, map[string]string{})
	_, _ = tx.Attach([]byte("a"), Attachment{Target: target, Observe: true}, nil)
	tx.DeleteRule("r")
	_, _ = tx.DeleteAlias("h", "live")
	_, _ = tx.DropCode("h")
	_ = tx.End()
	_ = tx.Copy([]byte("z"), 1, []byte("z"))
	tx.SwapDB(0, 1)
	tx.FlushDB()
	tx.Commit()
	for _, unit := range log.units {
		f.Add(unit)
	}
	f.Add([]byte{opKey, 0, 1, 's', opStreamTrim, trimmedThrough, 0, 1})
	f.Add([]byte("\f\r\r\r\r\r\r\r\r\r\r\r\r\r\r\r00000\xff\xff")) // a score that is no number
	f.Fuzz(func(t *testing.T, unit []byte) {
		if len(unit) > 1024 {
			return // each byte may empty all databases, which takes milliseconds
		}
		ks := New(Options{Databases: 2, Limits: tinyLimits()})
		l := ks.NewLoader()
		_ = l.Unit(1, unit)
		_ = l.Chunk(2, unit)
		l.Close()
		tx := ks.Begin(allLocks())
		defer tx.Commit()
		if err := consistent(ks); err != nil {
			t.Fatal(err)
		}
		stateOf(tx)
		tx.FlushDB()
	})
}
