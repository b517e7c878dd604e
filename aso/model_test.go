package aso

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"comet/aso/value"
	"pgregory.net/rapid"
)

// tinyLimits let values of a few elements cross every boundary between encodings.
func tinyLimits() value.Limits {
	return value.Limits{
		HashMaxListpackEntries: 4, HashMaxListpackValue: 12, SetMaxIntsetEntries: 4, ZSetMaxListpackEntries: 4, ZSetMaxListpackValue: 12,
		ListMaxListpackSize: 4, StreamNodeMaxEntries: 3, StreamNodeMaxBytes: 200, PackedMax: 100,
	}
}

// object is the value of a key in a form that can be compared.
type object struct {
	Kind     Kind
	Encoding string
	Deadline int64
	Text     string
	Fields   map[string]string
	Members  map[string]float64
	Items    []string
	Order    []string // fields of a hash in an encoding that keeps their order
}

// state is all objects of a keyspace, or of the model of one.
type state map[dbKey]object

// stateOf returns what clients can see in all databases.
func stateOf(tx *Tx) state {
	s := state{}
	selected := tx.DB()
	for db := range tx.ks.Databases() {
		tx.Select(db)
		var keys []string
		tx.Keys(func(key []byte, _ Kind) { keys = append(keys, string(key)) })
		for _, key := range keys {
			s[dbKey{db, key}] = objectOf(tx, []byte(key))
		}
	}
	tx.Select(selected)
	return s
}

func objectOf(tx *Tx, key []byte) object {
	info, _ := tx.Object(key)
	o := object{Kind: info.Kind, Encoding: info.Encoding, Deadline: info.Deadline}
	switch o.Kind {
	case KindString:
		s, _, _ := tx.String(key)
		o.Text = string(s)
	case KindHash:
		o.Fields = map[string]string{}
		h, _ := tx.Hash(key)
		h.Each(func(f, v []byte) bool {
			o.Fields[string(f)] = string(v)
			if o.Encoding == "listpack" {
				o.Order = append(o.Order, string(f))
			}
			return true
		})
	case KindSet:
		o.Members = map[string]float64{}
		s, _ := tx.Set(key)
		s.Each(func(m []byte) bool { o.Members[string(m)] = 0; return true })
	case KindZSet:
		o.Members = map[string]float64{}
		z, _ := tx.ZSet(key)
		z.Ascend(0, func(m []byte, score float64) bool { o.Members[string(m)] = score; return true })
	case KindStream:
		o.Text = streamText(tx, key)
	case KindList:
		l, _ := tx.List(key)
		l.Ascend(0, func(v []byte) bool { o.Items = append(o.Items, string(v)); return true })
	}
	tx.pools.reset()
	return o
}

// values returns s without what a model does not know.
func (s state) values() state {
	plain := state{}
	for k, o := range s {
		o.Encoding, o.Order = "", nil
		plain[k] = o
	}
	return plain
}

func (s state) clone() state {
	c := state{}
	for k, o := range s {
		o.Fields, o.Members, o.Items = maps.Clone(o.Fields), maps.Clone(o.Members), slices.Clone(o.Items)
		c[k] = o
	}
	return c
}

// diff returns how got differs from want, "" if it does not.
func (got state) diff(want state) string {
	var b strings.Builder
	for k, w := range want {
		if g, ok := got[k]; !ok {
			fmt.Fprintf(&b, "%v: missing, want %+v\n", k, w)
		} else if !reflect.DeepEqual(g, w) {
			fmt.Fprintf(&b, "%v:\n got %+v\nwant %+v\n", k, g, w)
		}
	}
	for k, g := range got {
		if _, ok := want[k]; !ok {
			fmt.Fprintf(&b, "%v: unexpected %+v\n", k, g)
		}
	}
	return b.String()
}

// world is a keyspace with a clock, and a model of what it should hold.
type world struct {
	ks    *Keyspace
	now   int64
	model state
}

func newWorld(c Committer) *world {
	w := &world{now: 1_000_000, model: state{}}
	w.ks = New(Options{Databases: 2, Limits: tinyLimits(), Now: func() int64 { return w.now }, Committer: c})
	return w
}

// begin returns a Tx with all locks and lets what has expired go from the model.
func (w *world) begin() *Tx {
	for k, o := range w.model {
		if o.Deadline != 0 && o.Deadline <= w.now {
			delete(w.model, k)
		}
	}
	return w.ks.Begin(allLocks())
}

func allLocks() *Locks {
	var all Locks
	all.AddAll()
	return &all
}

var (
	drawKey    = rapid.SampledFrom([]string{"a", "b", "c", "{a}d", "{a}e", ""})
	drawMember = rapid.SampledFrom([]string{"1", "2", "3", "-70000", "5000000000", "x", "y", "zz", "", strings.Repeat("m", 20)})
	drawText   = rapid.Custom(func(t *rapid.T) string {
		n := rapid.SampledFrom([]int{0, 1, 2, 5, 20, 44, 45, 80, 101, 150, 700}).Draw(t, "length")
		return strings.Repeat(rapid.SampledFrom([]string{"1", "t", "\x00"}).Draw(t, "char"), n)
	})
)

// step is one command on a keyspace and on its model.
type step struct {
	t  *rapid.T
	w  *world
	tx *Tx
}

// steps are those on one object, which may become a copy of another.
var steps = []func(s *step, key string){
	(*step).setString, (*step).setString, (*step).splice, (*step).setDeadline, (*step).remove, (*step).copy,
	(*step).hash, (*step).hash, (*step).set, (*step).set, (*step).zset, (*step).zset, (*step).list, (*step).list,
	(*step).replaceSet, (*step).replaceZSet, (*step).replaceList, (*step).stream, (*step).stream, (*step).stream,
}

// command runs a random command on tx.
func (w *world) command(t *rapid.T, tx *Tx) {
	i := rapid.IntRange(0, len(steps)).Draw(t, "command")
	w.run(t, tx, append(steps[:len(steps):len(steps)], (*step).rename)[i])
}

func (w *world) run(t *rapid.T, tx *Tx, run func(s *step, key string)) {
	tx.Select(rapid.IntRange(0, 1).Draw(t, "db"))
	run(&step{t, w, tx}, drawKey.Draw(t, "key"))
	must(t, tx.EndCommand())
}

// flushOrSwap runs FLUSHDB or SWAPDB on tx, which cannot be rolled back.
func (w *world) flushOrSwap(t *rapid.T, tx *Tx) {
	tx.Select(rapid.IntRange(0, 1).Draw(t, "db"))
	old := w.model
	w.model = state{}
	flush := rapid.Bool().Draw(t, "flush")
	for k, o := range old {
		switch {
		case !flush:
			w.model[dbKey{1 - k.db, k.key}] = o
		case k.db != tx.DB():
			w.model[k] = o
		}
	}
	if flush {
		tx.FlushDB()
	} else {
		tx.SwapDB(0, 1)
	}
	must(t, tx.EndCommand())
}

func must(t rapid.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *step) at(key string) dbKey { return dbKey{s.tx.DB(), key} }

// of returns the model's object if it is of kind or may become it.
func (s *step) of(key string, kind Kind) (o object, ok bool) {
	o, found := s.w.model[s.at(key)]
	if found && o.Kind != kind {
		return o, false
	}
	o.Kind = kind
	return o, true
}

func (s *step) setString(key string) {
	text := drawText.Draw(s.t, "text")
	deadline := rapid.SampledFrom([]int64{0, 0, KeepDeadline, s.w.now + 10, s.w.now + 1000}).Draw(s.t, "deadline")
	run := rapid.SampledFrom([]func(*Tx, []byte, []byte, int64) error{
		(*Tx).SetString, (*Tx).SetRawString, (*Tx).SetPlainString,
	}).Draw(s.t, "form")
	must(s.t, run(s.tx, []byte(key), []byte(text), deadline))
	o := object{Kind: KindString, Text: text, Deadline: deadline}
	if deadline == KeepDeadline {
		o.Deadline = s.w.model[s.at(key)].Deadline
	}
	s.w.model[s.at(key)] = o
}

func (s *step) splice(key string) {
	o, ok := s.of(key, KindString)
	offset := rapid.IntRange(0, 160).Draw(s.t, "offset")
	text := drawText.Draw(s.t, "text")
	if text == "" {
		return
	}
	n, err := s.tx.Splice([]byte(key), offset, []byte(text))
	if !ok {
		if err != ErrWrongType {
			s.t.Fatalf("splice of a wrong type: %v", err)
		}
		return
	}
	must(s.t, err)
	b := []byte(o.Text)
	for len(b) < offset+len(text) {
		b = append(b, 0)
	}
	copy(b[offset:], text)
	if n != len(b) {
		s.t.Fatalf("splice returns length %d, want %d", n, len(b))
	}
	o.Text = string(b)
	s.w.model[s.at(key)] = o
}

func (s *step) setDeadline(key string) {
	at := rapid.SampledFrom([]int64{0, s.w.now + 1, s.w.now + 10, s.w.now + 500}).Draw(s.t, "deadline")
	must(s.t, s.tx.SetDeadline([]byte(key), at))
	if o, ok := s.w.model[s.at(key)]; ok {
		o.Deadline = at
		s.w.model[s.at(key)] = o
	}
}

func (s *step) remove(key string) {
	_, want := s.w.model[s.at(key)]
	if got := s.tx.Delete([]byte(key)); got != want {
		s.t.Fatalf("delete %q reports %v, want %v", key, got, want)
	}
	delete(s.w.model, s.at(key))
}

func (s *step) rename(key string) { s.transfer(key, (*Tx).Rename, false) }
func (s *step) copy(key string)   { s.transfer(key, (*Tx).Copy, true) }

func (s *step) transfer(key string, run func(tx *Tx, src []byte, db int, dst []byte) error, stay bool) {
	to := dbKey{rapid.IntRange(0, 1).Draw(s.t, "to db"), drawKey.Draw(s.t, "to")}
	if to == s.at(key) {
		return // the caller's to refuse
	}
	o, ok := s.w.model[s.at(key)]
	err := run(s.tx, []byte(key), to.db, []byte(to.key))
	if !ok {
		if err != ErrNoSuchKey {
			s.t.Fatalf("transfer of a missing key: %v", err)
		}
		return
	}
	must(s.t, err)
	s.w.model[to] = state{to: o}.clone()[to]
	if !stay {
		delete(s.w.model, s.at(key))
	}
}

// store puts o into the model unless it is empty.
func (s *step) store(key string, o object) {
	if len(o.Fields)+len(o.Members)+len(o.Items) == 0 {
		delete(s.w.model, s.at(key))
		return
	}
	s.w.model[s.at(key)] = o
}

func (s *step) repeat(fn func()) {
	for range rapid.IntRange(1, 8).Draw(s.t, "times") {
		fn()
	}
}

func (s *step) removes() bool { return rapid.IntRange(0, 2).Draw(s.t, "remove") == 0 }

func (s *step) equal(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		s.t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func (s *step) hash(key string) {
	o, ok := s.of(key, KindHash)
	h, err := s.tx.Hash([]byte(key))
	if !ok {
		s.equal("error", err, error(ErrWrongType))
		return
	}
	must(s.t, err)
	if o.Fields == nil {
		o.Fields = map[string]string{}
	}
	s.repeat(func() {
		f := drawMember.Draw(s.t, "field")
		_, had := o.Fields[f]
		if s.removes() {
			s.equal("deleted", h.Delete([]byte(f)), had)
			delete(o.Fields, f)
			return
		}
		v := drawMember.Draw(s.t, "value")
		s.equal("created", h.Set([]byte(f), []byte(v)), !had)
		o.Fields[f] = v
	})
	s.equal("length", h.Len(), len(o.Fields))
	s.store(key, o)
}

func (s *step) set(key string) {
	o, ok := s.of(key, KindSet)
	c, err := s.tx.Set([]byte(key))
	if !ok {
		s.equal("error", err, error(ErrWrongType))
		return
	}
	must(s.t, err)
	if o.Members == nil {
		o.Members = map[string]float64{}
	}
	s.repeat(func() {
		m := drawMember.Draw(s.t, "member")
		_, had := o.Members[m]
		if s.removes() {
			s.equal("removed", c.Remove([]byte(m)), had)
			delete(o.Members, m)
			return
		}
		s.equal("added", c.Add([]byte(m)), !had)
		o.Members[m] = 0
	})
	s.equal("length", c.Len(), len(o.Members))
	s.store(key, o)
}

func (s *step) zset(key string) {
	o, ok := s.of(key, KindZSet)
	z, err := s.tx.ZSet([]byte(key))
	if !ok {
		s.equal("error", err, error(ErrWrongType))
		return
	}
	must(s.t, err)
	if o.Members == nil {
		o.Members = map[string]float64{}
	}
	s.repeat(func() {
		m := drawMember.Draw(s.t, "member")
		_, had := o.Members[m]
		if s.removes() {
			s.equal("deleted", z.Delete([]byte(m)), had)
			delete(o.Members, m)
			return
		}
		score := float64(rapid.IntRange(-3, 3).Draw(s.t, "score")) / 2
		s.equal("created", z.Set([]byte(m), score), !had)
		o.Members[m] = score
	})
	s.equal("length", z.Len(), len(o.Members))
	s.store(key, o)
}

func (s *step) list(key string) {
	o, ok := s.of(key, KindList)
	l, err := s.tx.List([]byte(key))
	if !ok {
		s.equal("error", err, error(ErrWrongType))
		return
	}
	must(s.t, err)
	items := slices.Clone(o.Items)
	s.repeat(func() {
		v := drawMember.Draw(s.t, "element")
		i := rapid.IntRange(0, len(items)).Draw(s.t, "index")
		switch op := rapid.IntRange(0, 5).Draw(s.t, "change"); {
		case op == 0:
			l.PushFront([]byte(v))
			items = slices.Insert(items, 0, v)
		case op == 1:
			l.PushBack([]byte(v))
			items = append(items, v)
		case op == 2:
			l.InsertAt(i, []byte(v))
			items = slices.Insert(items, i, v)
		case i == len(items):
		case op == 3:
			l.SetIndex(i, []byte(v))
			items[i] = v
		default:
			n := rapid.IntRange(0, len(items)-i).Draw(s.t, "count")
			l.RemoveAt(i, n)
			items = slices.Delete(items, i, i+n)
		}
	})
	s.equal("length", l.Len(), len(items))
	o.Items = items
	s.store(key, o)
}

// check compares the keyspace with the model, and its parts with each other.
func (w *world) check(t *rapid.T, tx *Tx) {
	t.Helper()
	if d := stateOf(tx).values().diff(w.model); d != "" {
		t.Fatal(d)
	}
	if err := consistent(w.ks); err != nil {
		t.Fatal(err)
	}
}

// consistent checks the internal structures of ks, all of whose locks are held.
func consistent(ks *Keyspace) error {
	var used int64
	for part := range ks.parts {
		p := &ks.parts[part]
		handles := map[uint32]bool{}
		for db, d := range p.dbs {
			if d == nil {
				continue
			}
			n, err := consistentDatabase(ks, d, part, handles)
			if err != nil {
				return fmt.Errorf("database %d of partition %d: %w", db, part, err)
			}
			used += n
		}
		for _, d := range p.discarded {
			for i := range d.slots {
				d.slots[i].each(func(r ref) bool {
					rec := ks.arena.record(r)
					used += int64(ks.arena.blockSize(r, rec.class()))
					if rec.has(isLarge) {
						handles[rec.handle()] = true
					}
					return true
				})
			}
		}
		if len(handles)+len(p.large.free) != len(p.large.values) {
			return fmt.Errorf("partition %d: %d large values, %d handles, %d free", part, len(p.large.values), len(handles), len(p.large.free))
		}
		var size int64
		for _, v := range p.large.values {
			size += v.size
		}
		if size != p.large.bytes {
			return fmt.Errorf("partition %d: large values hold %d bytes, counted %d", part, size, p.large.bytes)
		}
	}
	if got := ks.arena.used.Load(); got != used {
		return fmt.Errorf("arena: %d bytes in use, records hold %d", got, used)
	}
	return countedUsers(ks)
}

func consistentDatabase(ks *Keyspace, d *database, part int, handles map[uint32]bool) (used int64, err error) {
	count, expires, due := 0, 0, 0
	for i := range d.slots {
		t, n := &d.slots[i], 0
		for at, place := range t.places {
			if place == 0 {
				continue
			}
			n++
			r := ref(place & refMask)
			rec := ks.arena.record(r)
			used += int64(ks.arena.blockSize(r, rec.class()))
			if int(Slot(rec.key())) != part*slotsPerPartition+i {
				return 0, fmt.Errorf("key %q in a wrong slot", rec.key())
			}
			if found := t.find(ks.arena, rec.key(), hashKey(rec.key())); found != at {
				return 0, fmt.Errorf("key %q stands at %d, found at %d", rec.key(), at, found)
			}
			if rec.kind() != KindNone {
				count++
				if rec.deadline() != 0 {
					expires++
				}
			}
			if rec.has(hasDue) {
				due++
				img := rec.image()
				if e := d.heapOf(rec.timed()).entries[rec.heapIndex()]; e.r != r || e.at != img.due() {
					return 0, fmt.Errorf("key %q: due entry %v", rec.key(), e)
				}
			}
			if rec.has(isLarge) {
				h := rec.handle()
				if handles[h] || ksLarge(ks, part, h) == nil {
					return 0, fmt.Errorf("key %q: handle %d is shared or free", rec.key(), h)
				}
				handles[h] = true
			}
		}
		if n != t.count {
			return 0, fmt.Errorf("slot %d: %d records, counted %d", i, n, t.count)
		}
	}
	for _, h := range []*dueHeap{&d.due, &d.timers} {
		for i, e := range h.entries {
			if i > 0 && h.entries[(i-1)/4].at > e.at {
				return 0, fmt.Errorf("due heap out of order at %d", i)
			}
		}
	}
	if count != d.count || expires != d.expires || due != len(d.due.entries)+len(d.timers.entries) {
		return 0, fmt.Errorf("%d keys, %d expire, %d due; counted %d, %d, %d", count, expires, due, d.count, d.expires, len(d.due.entries)+len(d.timers.entries))
	}
	return used, nil
}

func ksLarge(ks *Keyspace, part int, h uint32) any { return ks.parts[part].large.get(h) }

func TestTxBehavesAsMaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(nil)
		for range rapid.IntRange(1, 12).Draw(t, "transactions") {
			w.now += int64(rapid.IntRange(0, 20).Draw(t, "pass"))
			tx := w.begin()
			for range rapid.IntRange(1, 6).Draw(t, "commands") {
				tx.Start(0)
				if rapid.IntRange(0, 20).Draw(t, "flush or swap") == 0 {
					w.flushOrSwap(t, tx)
				} else {
					w.command(t, tx)
				}
				must(t, tx.End())
			}
			w.check(t, tx)
			tx.Commit()
		}
	})
}
