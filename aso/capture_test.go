package aso

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"comet/aso/randtest"
	"comet/aso/value"
)

// takeSnapshot returns a snapshot of ks; between is called after each piece, and told whether the slot goes on in another one.
func takeSnapshot(ks *Keyspace, between func(midway bool)) (chunks []chunk, err error) {
	err = ks.Snapshot(context.Background(), func(seq uint64, data []byte) error {
		chunks = append(chunks, chunk{seq, slices.Clone(data)})
		midway := false
		for i := range ks.parts {
			midway = midway || len(ks.parts[i].captures) > 0
		}
		between(midway)
		return nil
	})
	return chunks, err
}

// Random units run between the pieces of a slot, some of them taken back; what was copied and the journal since make the same keyspace.
func TestSnapshotInPiecesMakesTheSameKeyspace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := &recorder{}
		w := newWorld(log)
		w.ks.hold = rapid.SampledFrom([]int{1, 1, 40, 300, captureHold}).Draw(t, "hold")
		for range rapid.IntRange(1, 10).Draw(t, "before") {
			w.transact(t)
		}
		begin, calls := len(log.units), 0
		chunks, err := takeSnapshot(w.ks, func(midway bool) {
			if calls++; !midway && calls%64 != 0 || calls > 3000 {
				return
			}
			w.transact(t)
			w.takeBack(t)
		})
		for range rapid.IntRange(0, 2).Draw(t, "after") {
			w.transact(t)
		}
		if err == ErrSwapped {
			return
		}
		must(t, err)
		if rapid.Bool().Draw(t, "whole journal") { // a snapshot says which units it has
			begin = 0
		}
		same(t, w.load(t, chunks, log.units, begin), w.ks)
	})
}

// takeBack runs random commands and takes some of them back.
func (w *world) takeBack(t *rapid.T) {
	tx := w.begin()
	defer unlock(tx)
	w.commands(t, tx)
	model, mark := w.model.clone(), tx.Mark()
	w.commands(t, tx)
	must(t, tx.Rollback(mark))
	w.model = model
	w.commands(t, tx)
	w.check(t, tx)
	must(t, tx.End())
	tx.Commit()
}

// Values of thousands of items change at random places between the pieces, also at the one that has been reached.
func TestLargeValuesChangeWhileTheyAreCopied(t *testing.T) {
	first := randtest.Seed(t)
	for _, journal := range []bool{true, false} {
		for round := range uint64(30) {
			seed := first + round
			t.Run(fmt.Sprintf("journal %v, seed %d", journal, seed), func(t *testing.T) {
				log := &recorder{}
				opt := Options{Databases: 2, Limits: tinyLimits(), Now: func() int64 { return 1000 }}
				if journal {
					opt.Committer = log
				}
				ks := New(opt)
				ks.hold = 200 << (round % 6)
				b := &big{ks: ks, r: rand.New(rand.NewPCG(seed, 0))}
				for range 4 {
					b.fill()
				}
				begin, left := len(log.units), 4000
				chunks, err := takeSnapshot(ks, func(midway bool) {
					for ; midway && left > 0 && b.r.IntN(4) > 0; left-- {
						b.change()
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				loaded := loadOf(t, opt, chunks, log.units, begin)
				got, want := loaded.Begin(allLocks()), ks.Begin(allLocks())
				defer got.Commit()
				defer want.Commit()
				have, need := stateOf(got), stateOf(want)
				for k := range have {
					if !sameObject(have[k], need[k]) {
						t.Errorf("%v differs: %d items, want %d", k, have[k].size(), need[k].size())
					}
				}
				if len(have) != len(need) {
					t.Errorf("%d objects, want %d", len(have), len(need))
				}
				for _, key := range bigKeys {
					if x, y := sectionText(got, key), sectionText(want, key); x != y {
						t.Errorf("section of %s is %q, want %q", key, x, y)
					}
				}
				if x, y := deadNumbers(loaded), deadNumbers(ks); !slices.Equal(x, y) {
					t.Errorf("dead letters %v, want %v", x, y)
				}
				if err := consistent(loaded); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// Every place of a stream is reached while it changes right there: it is copied item by item.
func TestAStreamChangesWhileItIsCopied(t *testing.T) {
	first := randtest.Seed(t)
	for i := range uint64(1000) {
		seed := first + i
		if i == 0 {
			seed = 11832508584576179026 // an entry comes to the end of the node that was copied last, and is deleted
		}
		log := &recorder{}
		opt := Options{Limits: tinyLimits(), Now: func() int64 { return 1000 }, Committer: log}
		ks := New(opt)
		ks.hold = 1
		b := &big{ks: ks, r: rand.New(rand.NewPCG(seed, 0)), wild: true}
		change := func() {
			b.run(func(tx *Tx) {
				x, _ := tx.Stream([]byte("{s}x"))
				for range 1 + b.r.IntN(3) {
					b.changeStream(x, b.item())
				}
			})
		}
		b.run(func(tx *Tx) {
			x, _ := tx.Stream([]byte("{s}x"))
			for i := range uint64(60) {
				x.Append(value.StreamID{Ms: i + 1}, [][]byte{[]byte("f"), bytes.Repeat(b.item(), 1+b.r.IntN(2)*12)})
			}
			for i := range 4 {
				x.SetGroup(fmt.Append(nil, "g", i), value.StreamID{}, 0)
			}
			for range 60 {
				b.changeGroup(x, fmt.Append(nil, "g", b.r.IntN(4)), fmt.Append(nil, "c", b.r.IntN(6)), value.StreamID{Ms: uint64(b.r.IntN(60)) + 1})
			}
		})
		begin, left := len(log.units), 50
		chunks, err := takeSnapshot(ks, func(bool) {
			begun := slices.ContainsFunc(ks.parts[partitionOf(Slot([]byte("{s}")))].captures, func(c *capture) bool { return c.begun })
			if begun && left > 0 && b.r.IntN(3) == 0 {
				change()
				left--
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		l := loadOf(t, opt, chunks, log.units, begin)
		got, want := l.Begin(allLocks()), ks.Begin(allLocks())
		if d := stateOf(got).diff(stateOf(want)); d != "" {
			t.Errorf("seed %d: %s", seed, d)
		}
		got.Commit()
		want.Commit()
	}
}

// loadOf returns the keyspace that a snapshot and the units of the journal from begin on make.
func loadOf(t *testing.T, opt Options, chunks []chunk, units [][]byte, begin int) *Keyspace {
	t.Helper()
	opt.Committer = nil
	ks := New(opt)
	l := ks.NewLoader()
	defer l.Close()
	for _, c := range chunks {
		if err := l.Chunk(c.seq, c.data); err != nil {
			t.Fatal(err)
		}
	}
	for i, unit := range units[begin:] {
		if err := l.Unit(uint64(begin+i+1), unit); err != nil {
			t.Fatal(err)
		}
	}
	return ks
}

func sameObject(a, b object) bool { return state{{}: a}.diff(state{{}: b}) == "" }

func (o object) size() int { return len(o.Text) + len(o.Fields) + len(o.Members) + len(o.Items) }

func sectionText(tx *Tx, key string) string {
	active, _ := tx.sectionOf([]byte(key))
	return string(active)
}

func deadNumbers(ks *Keyspace) (numbers []uint64) {
	for i := range ks.parts {
		for _, l := range ks.parts[i].dead.list {
			numbers = append(numbers, l.ID.Number, uint64(l.DB))
		}
	}
	return numbers
}

// big makes random changes to large values of one slot.
type big struct {
	ks   *Keyspace
	r    *rand.Rand
	wild bool // what makes streams small is as frequent as anything else
}

var bigKeys = []string{"{s}l", "{s}h", "{s}m", "{s}z", "{s}x", "{s}t", "{s}u"}

func (b *big) run(fn func(tx *Tx)) {
	var locks Locks
	locks.Add([]byte("{s}"))
	tx := b.ks.Begin(&locks)
	tx.Start(0)
	fn(tx)
	if err := tx.End(); err != nil {
		panic(err)
	}
	tx.Commit()
}

func (b *big) item() []byte { return fmt.Appendf(nil, "item-%0*d", b.r.IntN(20), b.r.IntN(3000)) }

// fill adds items to all collections, and small objects to their slot.
func (b *big) fill() {
	b.run(func(tx *Tx) {
		for range 500 {
			b.changeItems(tx, bigKeys[b.r.IntN(5)])
		}
		_, _ = tx.Splice([]byte("{s}t"), b.r.IntN(9000), b.item())
		for range 50 {
			_ = tx.SetString(fmt.Appendf(nil, "{s}%d", b.r.IntN(200)), b.item(), 0)
		}
	})
}

func (b *big) change() {
	key := bigKeys[b.r.IntN(len(bigKeys))]
	if b.r.IntN(300) == 0 {
		b.flush()
	}
	b.run(func(tx *Tx) {
		mark := tx.Mark()
		b.changeKey(tx, key)
		if err := tx.EndCommand(); err != nil {
			panic(err)
		}
		if b.r.IntN(5) > 0 {
			tx.Release(mark)
		} else if err := tx.Rollback(mark); err != nil {
			panic(err)
		}
		b.changeKey(tx, key)
	})
}

func (b *big) flush() {
	tx := b.ks.Begin(allLocks())
	tx.Select(b.r.IntN(2))
	tx.FlushDB()
	if err := tx.End(); err != nil {
		panic(err)
	}
	tx.Commit()
	b.fill()
}

func (b *big) changeKey(tx *Tx, key string) {
	k, other := []byte(key), []byte(bigKeys[b.r.IntN(len(bigKeys))])
	switch b.r.IntN(400) {
	case 0:
		tx.Delete(k)
	case 1, 2:
		if tx.Exists(k) && key != string(other) {
			_ = tx.Rename(k, b.r.IntN(2), other)
		}
	case 3, 4:
		if tx.Exists(k) && key != string(other) {
			_ = tx.Copy(k, b.r.IntN(2), other)
		}
	case 5:
		_ = tx.SetString(k, bytes.Repeat(b.item(), b.r.IntN(900)), 0)
	case 6, 7, 8, 9, 10, 11:
		_ = tx.SetDeadline(k, 2000+int64(b.r.IntN(1000)))
	case 12, 13, 14, 15, 16, 17:
		_, _ = tx.SetTimer(k, Timer{Name: "t", At: 2000 + int64(b.r.IntN(1000))}, TimerAlways)
	case 18:
		_ = tx.SetString(fmt.Appendf(nil, "{s}%d", b.r.IntN(100)), b.item(), 0)
	case 19:
		for i := range 200 { // the table shrinks
			tx.Delete(fmt.Appendf(nil, "{s}%d", i))
		}
	case 22, 23, 24, 25:
		tx.deadLetter(&DeadLetter{Kind: DeadTimer, Key: key, Name: "t"})
	case 26, 27:
		if list := tx.ks.parts[partitionOf(Slot(k))].dead.list; len(list) > 0 {
			tx.DropDead(list[b.r.IntN(len(list))].ID)
		}
	case 20, 21:
		h, _ := tx.Hash([]byte("{s}new")) // comes to nothing, then to something else
		h.Set(k, make([]byte, 100))
		h.Delete(k)
		_ = tx.EndCommand()
		h, _ = tx.Hash([]byte("{s}new"))
		h.Set(k, nil)
		_ = tx.EndCommand()
		if b.r.IntN(2) == 0 {
			tx.Delete([]byte("{s}new"))
		}
	default:
		for range 1 + b.r.IntN(20) {
			b.changeItems(tx, key)
		}
	}
}

// changeItems changes an item of the collection at key, or removes many.
func (b *big) changeItems(tx *Tx, key string) {
	k, item := []byte(key), b.item()
	if h, err := tx.Hash(k); err == nil && (h.Exists() || key == "{s}h") {
		if b.r.IntN(3) > 0 {
			h.Set(item, b.item())
		} else {
			h.Delete(item)
		}
	} else if m, err := tx.Set(k); err == nil && (m.Exists() || key == "{s}m") {
		if b.r.IntN(3) > 0 {
			m.Add(item)
		} else {
			m.Remove(item)
		}
	} else if z, err := tx.ZSet(k); err == nil && (z.Exists() || key == "{s}z") {
		if b.r.IntN(3) > 0 {
			z.Set(item, float64(b.r.IntN(100)))
		} else {
			z.Delete(item)
		}
	} else if x, err := tx.Stream(k); err == nil && (x.Exists() || key == "{s}x") {
		b.changeStream(x, item)
	} else if l, err := tx.List(k); err == nil && (l.Exists() || key == "{s}l") {
		b.changeList(l, item)
	} else {
		_, _ = tx.Splice(k, b.r.IntN(9000), item)
	}
}

// changeStream changes a stream, mostly around the place that a capture has reached.
func (b *big) changeStream(x *Stream, item []byte) {
	at := value.StreamID{Ms: 1 + uint64(b.r.Int64N(int64(x.LastID().Ms)+1))}
	for _, c := range b.ks.parts[partitionOf(Slot([]byte("{s}")))].captures {
		for b.r.IntN(2) == 0 && at.Ms > 1 && !c.walk.Stream.HasEntry(at) {
			at.Ms -= 1 + uint64(b.r.Int64N(int64(at.Ms)))/2
		}
	}
	x.Ascend(at, func(e *value.StreamEntry) bool { at = e.ID; return false })
	group, member := fmt.Append(nil, "g", b.r.IntN(4)), fmt.Append(nil, "c", b.r.IntN(6))
	switch b.r.IntN(20) {
	case 0, 1, 2:
		x.Delete(at)
	case 3:
		if b.wild || b.r.IntN(60) == 0 {
			x.Trim([]*value.StreamTrim{{ByID: true, MinID: at}, {MaxLen: x.Len() / 2}, {MaxLen: x.Len() / 3, Whole: true}, {}}[b.r.IntN(4)])
		}
	case 4:
		if (b.wild || b.r.IntN(15) == 0) && b.r.IntN(2) == 0 { // IDs begin anew
			x.Trim(&value.StreamTrim{})
			x.SetMeta(value.StreamID{Ms: at.Ms / 2}, x.Added(), x.MaxDeletedID())
		} else {
			x.SetMeta(value.StreamID{Ms: x.LastID().Ms + 3}, x.Added()+1, at)
		}
	case 5:
		for range 2 + b.r.IntN(40) { // from the end
			x.Delete(x.TopID())
		}
	case 6, 7:
		x.SetGroup(group, at, b.r.Int64N(100))
	case 8:
		if b.wild || b.r.IntN(10) == 0 {
			x.DestroyGroup(group)
		}
	case 9, 10, 11, 12, 13, 14:
		b.changeGroup(x, group, member, at)
	default:
		for range 1 + b.r.IntN(3) {
			x.Append(value.StreamID{Ms: x.LastID().Ms + 1 + uint64(b.r.IntN(3))}, [][]byte{[]byte("f"), bytes.Repeat(item, 1+b.r.IntN(2)*b.r.IntN(12))}) // nodes are full by their size, too
		}
	}
}

func (b *big) changeGroup(x *Stream, group, member []byte, at value.StreamID) {
	g := x.Group(group)
	if g == nil {
		return
	}
	switch b.r.IntN(8) {
	case 0:
		if b.r.IntN(4) == 0 {
			x.DeleteConsumer(group, member)
		}
	case 1:
		x.Acknowledge(group, []value.StreamID{at, {Ms: at.Ms + 1}})
	default:
		if g.Consumer(member) == nil || b.r.IntN(2) == 0 {
			x.SetConsumer(group, member, b.r.Int64N(1000))
		}
		x.Deliver(group, member, []value.Delivery{{ID: at, At: 5, Count: 1}, {ID: value.StreamID{Ms: at.Ms + 1 + uint64(b.r.IntN(9))}, At: b.r.Int64N(99), Count: 2}})
	}
}

func (b *big) changeList(l *List, item []byte) {
	n := l.Len()
	i := b.r.IntN(n + 1)
	for _, c := range b.ks.parts[partitionOf(Slot([]byte("{s}")))].captures {
		if b.r.IntN(2) == 0 { // around the place that was reached
			i = min(n, max(0, c.walk.Index+b.r.IntN(3)-1))
		}
	}
	switch b.r.IntN(7) {
	case 0, 1:
		l.PushFront(item)
	case 2:
		l.PushBack(item)
	case 3:
		l.InsertAt(i, item)
	case 4:
		if i < n {
			l.SetIndex(i, item)
		}
	case 5:
		l.RemoveAt(i, min(1, n-i))
	case 6:
		if b.r.IntN(100) == 0 {
			l.RemoveAt(i, n-i-b.r.IntN(n-i+1)) // up to all of it
		}
	}
}

// However large the values and however many the keys of a slot are, no piece is longer than the bound, but for one record.
func TestAHoldCopiesABoundedPiece(t *testing.T) {
	ks := New(Options{Limits: value.DefaultLimits(), Committer: &recorder{}})
	b := &big{ks: ks}
	item := func(i int) []byte { return fmt.Appendf(nil, "item-%08d", i) }
	b.run(func(tx *Tx) {
		l, _ := tx.List([]byte("{s}l"))
		h, _ := tx.Hash([]byte("{s}h"))
		m, _ := tx.Set([]byte("{s}m"))
		z, _ := tx.ZSet([]byte("{s}z"))
		x, _ := tx.Stream([]byte("{s}x"))
		for _, g := range []string{"g", "h"} {
			x.SetGroup([]byte(g), value.StreamID{Ms: 100_000}, 100_000)
			x.SetConsumer([]byte(g), []byte("consumer"), 1)
		}
		for i := range 100_000 {
			id := value.StreamID{Ms: uint64(i) + 1}
			x.Append(id, [][]byte{[]byte("field"), item(i)})
			x.Deliver([]byte("g"), []byte("consumer"), []value.Delivery{{ID: id, At: 1, Count: 1}})
			x.Deliver([]byte("h"), []byte("consumer"), []value.Delivery{{ID: id, At: 1, Count: 1}})
			l.PushBack(item(i))
			h.Set(item(i), item(i))
			m.Add(item(i))
			z.Set(item(i), float64(i))
		}
	})
	b.run(func(tx *Tx) {
		_ = tx.SetString([]byte("{s}t"), make([]byte, 3_000_000), 0)
		for i := range 50_000 {
			_ = tx.SetString(fmt.Appendf(nil, "{s}%d", i), item(i), 0)
		}
	})
	longest, total := 0, 0
	chunks, err := takeSnapshot(ks, func(bool) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		longest, total = max(longest, len(c.data)), total+len(c.data)
	}
	if most := captureHold + 20<<10; longest > most {
		t.Errorf("a piece has %d bytes, want at most %d", longest, most)
	}
	if total < 10_000_000 {
		t.Errorf("the snapshot has %d bytes", total)
	}
}

// Clients who add to a value between two pieces more than a piece holds do not keep a snapshot from its end.
func TestASnapshotEndsWhateverIsAdded(t *testing.T) {
	for _, key := range bigKeys[:6] {
		log := &recorder{}
		ks := New(Options{Limits: tinyLimits(), Committer: log})
		ks.hold = 1000
		b := &big{ks: ks, r: rand.New(rand.NewPCG(1, 2))}
		n := 0
		add := func(items int) {
			b.run(func(tx *Tx) {
				for range items {
					n++
					item := fmt.Appendf(nil, "item-%08d", n)
					switch key {
					case "{s}l":
						l, _ := tx.List([]byte(key))
						l.PushBack(item)
					case "{s}h":
						h, _ := tx.Hash([]byte(key))
						h.Set(item, item)
					case "{s}m":
						m, _ := tx.Set([]byte(key))
						m.Add(item)
					case "{s}z":
						z, _ := tx.ZSet([]byte(key))
						z.Set(item, float64(n))
					case "{s}x":
						x, _ := tx.Stream([]byte(key))
						x.Append(value.StreamID{Ms: uint64(n)}, [][]byte{item, item})
						x.SetGroup([]byte("g"), value.StreamID{}, 0)
						x.SetConsumer([]byte("g"), item, 1)
						x.Deliver([]byte("g"), item, []value.Delivery{{ID: value.StreamID{Ms: uint64(n)}, At: 1, Count: 1}})
					default:
						_ = tx.SetString([]byte(key), make([]byte, 20_000), 0)
					}
				}
			})
		}
		add(1000)
		pieces := 0
		_, err := takeSnapshot(ks, func(midway bool) {
			if pieces++; midway && pieces < 2000 {
				add(300)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if pieces >= 2000 {
			t.Errorf("%s: no end after %d pieces", key, pieces)
		}
	}
}

// A slot's table shrinks while it is copied: what was passed is not copied once more, although its place in the order is visited again.
func TestATableShrinksWhileItsSlotIsCopied(t *testing.T) {
	for round := range 80 {
		log := &recorder{}
		ks := New(Options{Limits: tinyLimits(), Committer: log})
		ks.hold = 100
		b := &big{ks: ks}
		lists := func(do func(tx *Tx, l *List)) {
			for i := range 8 {
				b.run(func(tx *Tx) {
					l, _ := tx.List(fmt.Appendf(nil, "{s}l%d", i))
					do(tx, l)
				})
			}
		}
		lists(func(_ *Tx, l *List) {
			for range 10 {
				l.PushBack([]byte("an element of a large list"))
			}
		})
		const count = 500
		small := func(from, to int, do func(tx *Tx, key []byte)) {
			b.run(func(tx *Tx) {
				for i := from; i < to; i++ {
					do(tx, fmt.Appendf(nil, "{s}%d", i))
				}
			})
		}
		small(0, count, func(tx *Tx, key []byte) { _ = tx.SetString(key, key, 0) })
		pieces, deleted := 0, 0
		chunks, err := takeSnapshot(ks, func(midway bool) {
			if pieces++; midway && pieces > 40+2*round && deleted < count {
				small(deleted, deleted+20, func(tx *Tx, key []byte) { tx.Delete(key) }) // few, for else the next piece is long
				deleted += 20
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		loaded := New(Options{Limits: tinyLimits()})
		l := loaded.NewLoader()
		for _, c := range chunks {
			if err := l.Chunk(c.seq, c.data); err != nil {
				t.Fatal(err)
			}
		}
		l.Close()
		b.ks = loaded
		lists(func(_ *Tx, l *List) {
			if l.Len() != 10 {
				t.Errorf("round %d: a list of %d elements", round, l.Len())
			}
		})
	}
}
