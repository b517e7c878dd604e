package value

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// streamModel is a stream as plain Go values.
type streamModel struct {
	IDs                []StreamID
	Pairs              map[StreamID][]string
	Last, MaxDeleted   StreamID
	Added              int64
	Groups             map[string]*groupModel
	Length, HeldMemory int // of the stream under test only
}

type groupModel struct {
	Last      StreamID
	Read      int64
	Consumers map[string]int64
	Pending   map[StreamID]Delivery
}

func (m *streamModel) clone() *streamModel {
	c := &streamModel{IDs: slices.Clone(m.IDs), Pairs: map[StreamID][]string{}, Last: m.Last, MaxDeleted: m.MaxDeleted, Added: m.Added, Groups: map[string]*groupModel{}}
	maps.Copy(c.Pairs, m.Pairs)
	for name, g := range m.Groups {
		n := &groupModel{g.Last, g.Read, map[string]int64{}, map[StreamID]Delivery{}}
		maps.Copy(n.Consumers, g.Consumers)
		maps.Copy(n.Pending, g.Pending)
		c.Groups[name] = n
	}
	return c
}

// modelOf reads all that a stream shows.
func modelOf(s *Stream) *streamModel {
	m := &streamModel{Pairs: map[StreamID][]string{}, Last: s.LastID(), MaxDeleted: s.MaxDeletedID(), Added: s.Added(), Groups: map[string]*groupModel{}}
	s.Ascend(StreamID{}, func(e *StreamEntry) bool {
		m.IDs = append(m.IDs, e.ID)
		m.Pairs[e.ID] = pairsOf(e)
		return true
	})
	for _, g := range s.Groups() {
		n := &groupModel{g.LastID(), g.Read(), map[string]int64{}, map[StreamID]Delivery{}}
		for _, c := range g.Consumers() {
			n.Consumers[c.Name()] = c.Seen()
			count := 0
			g.EachPendingOf(c, StreamID{}, func(d Delivery) bool {
				count++
				n.Pending[d.ID] = d
				return d.Consumer == c.Name()
			})
			if count != c.Pending() {
				panic(fmt.Sprint(c.Name(), " has ", count, " of ", c.Pending()))
			}
		}
		all := 0
		g.EachPending(StreamID{}, func(d Delivery) bool { all++; return reflect.DeepEqual(n.Pending[d.ID], d) })
		if all != len(n.Pending) || all != g.Pending() {
			panic(fmt.Sprint(g.Name(), " has ", all, " of ", len(n.Pending), ", ", g.Pending()))
		}
		m.Groups[g.Name()] = n
	}
	return m
}

func pairsOf(e *StreamEntry) (list []string) {
	e.Each(func(f, v []byte) { list = append(list, string(f), string(v)) })
	return list
}

// measured is the memory that held should say.
func (l *LargeStream) measured() (n int) {
	for _, d := range l.active() {
		n += cap(d.lp)
	}
	for _, g := range l.groups {
		n += g.memUsage()
	}
	return n
}

var (
	drawName  = rapid.SampledFrom([]string{"a", "b", "", "longer"})
	drawField = rapid.Custom(func(t *rapid.T) []byte {
		if rapid.IntRange(0, 30).Draw(t, "long") == 0 {
			return bytes.Repeat([]byte("x"), rapid.SampledFrom([]int{63, 64, 127, 4095, 4096, 20000}).Draw(t, "length"))
		}
		return []byte(rapid.SampledFrom([]string{"", "f", "field", "0", "127", "128", "-1", "4095", "4096", "-4096", "-4097", "32767", "-32769", "8388607", "8388608", "2147483648", "-9223372036854775808", "007", "1.5"}).Draw(t, "text"))
	})
)

func drawPairs(t *rapid.T) (pairs [][]byte) {
	fields := [][]byte{[]byte("name"), []byte("12")}
	if rapid.IntRange(0, 3).Draw(t, "other fields") == 0 {
		fields = rapid.SliceOfN(drawField, 1, 4).Draw(t, "fields")
	}
	for _, f := range fields {
		pairs = append(pairs, f, drawField.Draw(t, "value"))
	}
	return pairs
}

// TestStreamBehavesLikeItsModel also takes back changes, which must leave everything as it was, memory included.
func TestStreamBehavesLikeItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lim := DefaultLimits()
		lim.StreamNodeMaxEntries = rapid.IntRange(0, 6).Draw(t, "entries")
		lim.StreamNodeMaxBytes = rapid.SampledFrom([]int{0, 60, 300, 4096}).Draw(t, "bytes")
		s := &Stream{}
		s.SetMeta(StreamID{}, 0, StreamID{})
		m := modelOf(s)
		var undo []func(l *LargeStream)
		anyID := func() StreamID {
			if len(m.IDs) > 0 && rapid.IntRange(0, 3).Draw(t, "existing") > 0 {
				return m.IDs[rapid.IntRange(0, len(m.IDs)-1).Draw(t, "which")]
			}
			return StreamID{rapid.Uint64Range(0, 12).Draw(t, "ms"), rapid.Uint64Range(0, 4).Draw(t, "seq")}
		}
		drop := func(gone func(i int, id StreamID) bool) (n int) {
			kept := m.IDs[:0:0]
			for i, id := range m.IDs {
				if gone(i, id) {
					delete(m.Pairs, id)
					n++
				} else {
					kept = append(kept, id)
				}
			}
			m.IDs = kept
			return n
		}
		group := func() ([]byte, *groupModel) {
			name := drawName.Draw(t, "group")
			return []byte(name), m.Groups[name]
		}
		actions := map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				id := StreamID{m.Last.Ms + rapid.Uint64Range(0, 1).Draw(t, "later"), m.Last.Seq + 1 + rapid.Uint64Range(0, 1).Draw(t, "gap")}
				pairs := drawPairs(t)
				s.Append(&lim, id, pairs)
				m.IDs, m.Last = append(slices.Clone(m.IDs), id), id
				m.Added++
				for _, b := range pairs {
					m.Pairs[id] = append(m.Pairs[id], string(b))
				}
			},
			"delete": func(t *rapid.T) {
				id := anyID()
				_, had := m.Pairs[id]
				if s.Delete(id) != had {
					t.Fatalf("Delete(%v) = %v", id, !had)
				}
				if had && m.MaxDeleted.Less(id) {
					m.MaxDeleted = id
				}
				drop(func(_ int, other StreamID) bool { return other == id })
			},
			"trim to length": func(t *rapid.T) {
				most := rapid.IntRange(0, 12).Draw(t, "most")
				rest := len(m.IDs) - most
				if got, want := s.Trim(&StreamTrim{MaxLen: most}).Entries, drop(func(i int, _ StreamID) bool { return i < rest }); got != want {
					t.Fatalf("Trim = %d, want %d", got, want)
				}
			},
			"trim by id": func(t *rapid.T) {
				least := anyID()
				if got, want := s.Trim(&StreamTrim{ByID: true, MinID: least}).Entries, drop(func(_ int, id StreamID) bool { return id.Less(least) }); got != want {
					t.Fatalf("Trim = %d, want %d", got, want)
				}
			},
			"trim through": func(t *rapid.T) {
				least := anyID()
				s.TrimThrough(least)
				drop(func(_ int, id StreamID) bool { return !least.Less(id) })
			},
			"trim whole nodes": func(t *rapid.T) {
				trim := StreamTrim{Whole: true, ByID: rapid.Bool().Draw(t, "by id"), MaxLen: rapid.IntRange(0, 12).Draw(t, "most"), MinID: anyID(), Limit: rapid.IntRange(0, 6).Draw(t, "limit")}
				done := s.Trim(&trim)
				got := drop(func(i int, _ StreamID) bool { return i < done.Entries })
				switch {
				case got != done.Entries, trim.Limit > 0 && got > trim.Limit, !trim.ByID && len(m.IDs) < trim.MaxLen && got > 0:
					t.Fatalf("%+v did %+v and left %v", trim, done, m.IDs)
				case len(m.IDs) > 0 && done.Changed && !done.Through.Less(m.IDs[0]):
					t.Fatalf("%+v did %+v and left %v", trim, done, m.IDs)
				}
			},
			"meta": func(t *rapid.T) {
				m.Last.Ms += rapid.Uint64Range(0, 2).Draw(t, "later")
				m.Added, m.MaxDeleted = m.Added+1, anyID()
				s.SetMeta(m.Last, m.Added, m.MaxDeleted)
			},
			"group": func(t *rapid.T) {
				name, g := group()
				if g == nil {
					g = &groupModel{Consumers: map[string]int64{}, Pending: map[StreamID]Delivery{}}
					m.Groups[string(name)] = g
				}
				g.Last, g.Read = anyID(), rapid.Int64Range(-1, 5).Draw(t, "read")
				s.SetGroup(name, g.Last, g.Read)
			},
			"destroy": func(t *rapid.T) {
				name, g := group()
				if s.DestroyGroup(name) != (g != nil) {
					t.Fatalf("DestroyGroup(%q)", name)
				}
				delete(m.Groups, string(name))
			},
			"consumer": func(t *rapid.T) {
				if name, g := group(); g != nil {
					c, seen := drawName.Draw(t, "consumer"), rapid.Int64Range(0, 99).Draw(t, "seen")
					g.Consumers[c] = seen
					s.SetConsumer(name, []byte(c), seen)
				}
			},
			"delete consumer": func(t *rapid.T) {
				name, g := group()
				if g == nil {
					return
				}
				c := drawName.Draw(t, "consumer")
				_, had := g.Consumers[c]
				want := 0
				for id, d := range g.Pending {
					if d.Consumer == c {
						delete(g.Pending, id)
						want++
					}
				}
				delete(g.Consumers, c)
				if n, ok := s.DeleteConsumer(name, []byte(c)); ok != had || n != want {
					t.Fatalf("DeleteConsumer = %d, %v; want %d, %v", n, ok, want, had)
				}
			},
			"deliver": func(t *rapid.T) {
				name, g := group()
				c := drawName.Draw(t, "consumer")
				if g == nil {
					return
				}
				if _, ok := g.Consumers[c]; !ok {
					return
				}
				for range rapid.IntRange(1, 5).Draw(t, "times") {
					d := Delivery{anyID(), c, rapid.Int64Range(0, 99).Draw(t, "at"), rapid.Int64Range(0, 9).Draw(t, "count")}
					g.Pending[d.ID] = d
					s.Deliver(name, []byte(c), d)
				}
			},
			"acknowledge": func(t *rapid.T) {
				if name, g := group(); g != nil {
					id := anyID()
					_, had := g.Pending[id]
					delete(g.Pending, id)
					if s.Acknowledge(name, id) != had {
						t.Fatalf("Acknowledge(%v) = %v", id, !had)
					}
				}
			},
		}
		changes := func(t *rapid.T, n int) {
			var names []string
			for name := range actions {
				names = append(names, name)
			}
			slices.Sort(names)
			names = append(names, "append", "append", "append", "deliver", "deliver")
			for range rapid.IntRange(0, n).Draw(t, "changes") {
				actions[rapid.SampledFrom(names).Draw(t, "change")](t)
			}
		}
		actions2 := map[string]func(*rapid.T){
			"change": func(t *rapid.T) { changes(t, 5) },
			"take back": func(t *rapid.T) {
				before, held := m.clone(), s.large.held
				undo = nil
				s.Remember = func(_ bool, inverse func(l *LargeStream)) { undo = append(undo, inverse) }
				changes(t, 6)
				s.Remember = nil
				for _, inverse := range slices.Backward(undo) {
					inverse(s.large)
				}
				m = before
				if s.large.measured() != s.large.held {
					t.Fatalf("held %d, was %d, is %d", s.large.held, held, s.large.measured())
				}
			},
			"encode": func(t *rapid.T) {
				nodes := s.Nodes()
				if err := s.Decode(s.Encode(nil), &lim); err != nil || s.Nodes() != nodes {
					t.Fatalf("%v, %d of %d nodes", err, s.Nodes(), nodes)
				}
			},
			"clone": func(t *rapid.T) {
				old := s.large
				s.LoadLarge(old.Clone())
				old.nodes, old.groups = nil, nil
			},
			"ranges": func(t *rapid.T) {
				from := anyID()
				var up, down, wantUp, wantDown []StreamID
				s.Ascend(from, func(e *StreamEntry) bool { up = append(up, e.ID); return true })
				s.Descend(from, func(e *StreamEntry) bool { down = append(down, e.ID); return true })
				for _, id := range m.IDs {
					if !id.Less(from) {
						wantUp = append(wantUp, id)
					}
					if !from.Less(id) {
						wantDown = append(wantDown, id)
					}
				}
				slices.Reverse(wantDown)
				if !slices.Equal(up, wantUp) || !slices.Equal(down, wantDown) {
					t.Fatalf("from %v: %v, %v; want %v, %v", from, up, down, wantUp, wantDown)
				}
			},
			"": func(t *rapid.T) {
				got := modelOf(s)
				want := m.clone()
				if len(want.IDs) == 0 {
					want.IDs = nil
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("got %+v\nwant %+v", got, want)
				}
				if s.Len() != len(m.IDs) || s.large.held != s.large.measured() {
					t.Fatalf("Len = %d of %d, held %d of %d", s.Len(), len(m.IDs), s.large.held, s.large.measured())
				}
			},
		}
		t.Repeat(actions2)
	})
}

func TestMillionStreamEntriesTakeLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("it is large")
	}
	const n = 1_000_000
	lim := DefaultLimits()
	before := heap()
	var s Stream
	pairs := [][]byte{[]byte("sensor"), nil, []byte("temperature"), nil, []byte("unit"), []byte("celsius")}
	for i := range uint64(n) {
		pairs[1], pairs[3] = fmt.Append(nil, i%1000), fmt.Append(nil, 15+i%20)
		s.Append(&lim, StreamID{1700000000000 + i, 0}, pairs)
	}
	grown, mem := heap()-before, s.MemUsage()
	if mem < grown*9/10 || mem > grown*11/10 {
		t.Errorf("the heap grew by %d, MemUsage is %d", grown, mem)
	}
	const redis = 26_300_000 // by which used_memory of Redis 7.0.15 grows for the same stream
	t.Logf("%d bytes", mem)
	if mem > redis*12/10 {
		t.Errorf("%d bytes, Redis takes %d", mem, redis)
	}
	runtime.KeepAlive(&s)
}

func TestManyDeliveriesStayInOrder(t *testing.T) {
	var m idMap[int]
	held, want := 0, map[uint64]int{}
	put := func(n uint64) { m.put(StreamID{n, 1}, int(n), &held); want[n] = int(n) }
	for i := range uint64(1000) {
		put(i * 3)
	}
	for i := range uint64(3000) {
		put(i * 7919 % 3000)
	}
	for i := range uint64(2600) {
		n := i * 31 % 3000
		_, had := want[n]
		if m.remove(StreamID{n, 1}, &held) != had || m.get(StreamID{n, 1}) != nil || m.get(StreamID{n, 0}) != nil {
			t.Fatalf("removing %d", n)
		}
		delete(want, n)
		if held != m.memUsage() || m.n != len(want) {
			t.Fatalf("held %d of %d, %d of %d", held, m.memUsage(), m.n, len(want))
		}
	}
	last, n := StreamID{}, 0
	m.ascend(StreamID{10, 0}, func(id StreamID, v *int) bool {
		if !last.Less(id) || want[id.Ms] != *v || id.Ms < 10 {
			t.Fatalf("%v behind %v is %d", id, last, *v)
		}
		last = id
		n++
		return true
	})
	for k := range want {
		if k >= 10 {
			n--
		}
	}
	if first, end := m.edges(); n != 0 || end != last || !first.Less(last) || len(m.blocks) > 20 {
		t.Errorf("%d too many, from %v to %v, %d blocks", n, first, last, len(m.blocks))
	}
}
