package command_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"comet/aso"
	"comet/aso/randtest"
	"comet/aso/sandbox"
	"comet/aso/value"
)

// feedEntries returns the entries of a feed of database 0, each by field.
func feedEntries(t testing.TB, ks *aso.Keyspace, name string) (entries []map[string]string) {
	t.Helper()
	var locks aso.Locks
	key := []byte("aso:feed:" + name)
	locks.Add(key)
	tx := ks.Begin(&locks)
	defer tx.Commit()
	s, err := tx.Stream(key)
	if err != nil {
		t.Fatal(err)
	}
	s.Ascend(value.StreamID{}, func(e *value.StreamEntry) bool {
		fields := map[string]string{}
		e.Each(func(name, v []byte) { fields[string(name)] = string(v) })
		entries = append(entries, fields)
		return true
	})
	return entries
}

// mirror is a copy of a keyspace that is made from a feed: what is known of a key by "database key".
type mirror map[string]mirrored

type mirrored struct {
	kind, expires string
	value         any
}

// tooLarge is a value that the feed does not show.
type tooLarge struct{}

// complete fills in from want what the feed does not show, if it is large there.
func (m mirror) complete(want mirror) {
	for k, is := range m {
		if is.value == (tooLarge{}) && len(fmt.Sprint(want[k].value)) > 8<<10 {
			is.value = want[k].value
			m[k] = is
		}
	}
}

// shownAs returns a value of a feed in the form of which two are the same if they hold the same.
func shownAs(kind, text string) any {
	if kind == "string" {
		return text
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return "no JSON: " + text
	}
	if items, ok := v.([]any); ok && kind == "set" {
		slices.SortFunc(items, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	return v
}

// apply makes the change that an entry tells of, which must fit what is there.
func (m mirror) apply(e map[string]string) error {
	k := e["db"] + " " + e["key"]
	was, there := m[k]
	if old, ok := e["old"]; ok && (!there || was.value != any(tooLarge{}) && !reflect.DeepEqual(shownAs(was.kind, old), was.value)) {
		return fmt.Errorf("%v, but the value was %v", e, was)
	}
	if e["event"] != "flush" && there == (e["event"] == "put") {
		return fmt.Errorf("%v, but the key was there: %t", e, there)
	}
	switch e["event"] {
	case "put", "update":
		is := mirrored{e["type"], e["expires"], tooLarge{}}
		if text, ok := e["new"]; ok {
			is.value = shownAs(e["type"], text)
		} else if e["new_omitted"] != "large" {
			return fmt.Errorf("%v has no value", e)
		}
		m[k] = is
	case "delete", "expire", "evict":
		delete(m, k)
	case "flush":
		maps.DeleteFunc(m, func(k string, _ mirrored) bool { return strings.HasPrefix(k, e["db"]+" ") })
	default:
		return fmt.Errorf("%v", e)
	}
	return nil
}

// mirrorOf is what the mirror of a keyspace should be.
func mirrorOf(ks *aso.Keyspace) mirror {
	tx := ks.BeginAll()
	defer tx.Commit()
	m := mirror{}
	for db := range ks.Databases() {
		tx.Select(db)
		tx.Keys(func(key []byte, kind aso.Kind) {
			if strings.HasPrefix(string(key), "aso:feed:") {
				return
			}
			is := mirrored{kind: kind.String(), value: plainly(kind, tx.Value(key))}
			if at, _ := tx.Deadline(key); at != 0 {
				is.expires = strconv.FormatInt(at, 10)
			}
			m[fmt.Sprint(db, " ", string(key))] = is
		})
	}
	return m
}

func plainly(kind aso.Kind, v sandbox.Value) any {
	switch {
	case v.Kind == sandbox.Number:
		return v.Num
	case v.Kind != sandbox.Table && kind == aso.KindNone: // an item: JSON was decoded, which replaces bytes that are no UTF-8
		return string([]rune(v.Str))
	case v.Kind != sandbox.Table:
		return v.Str
	case kind == aso.KindHash || kind == aso.KindZSet:
		fields := map[string]any{}
		for _, f := range v.Tab.Fields {
			fields[f.Key.Str] = plainly(aso.KindNone, f.Value)
		}
		return fields
	}
	items := []any{}
	for _, item := range v.Tab.Array {
		items = append(items, plainly(aso.KindNone, item))
	}
	if kind == aso.KindSet {
		slices.SortFunc(items, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	return items
}

// checkMirror fails unless the feed called f tells all that has ever happened in a keyspace, once.
func checkMirror(t *testing.T, ks *aso.Keyspace, f, where string) (entries int) {
	t.Helper()
	if n := ks.PendingFeedEntries(); n != 0 {
		t.Fatalf("%s: %d entries are on their way", where, n)
	}
	m, ids := mirror{}, map[string]bool{}
	for i, e := range feedEntries(t, ks, f) {
		if err := m.apply(e); err != nil || ids[e["id"]] {
			t.Fatalf("%s: entry %d: %v %v", where, i, e, err)
		}
		ids[e["id"]] = true
	}
	want := mirrorOf(ks)
	m.complete(want)
	if !reflect.DeepEqual(m, want) {
		for k := range want {
			if !reflect.DeepEqual(m[k], want[k]) {
				t.Errorf("%s: %q is %v, mirrored %v", where, k, want[k], m[k])
			}
		}
		for k := range m {
			if _, ok := want[k]; !ok {
				t.Errorf("%s: %q is mirrored, but not there", where, k)
			}
		}
		t.FailNow()
	}
	return len(ids)
}

// TestFeedMirrorsTheKeyspace makes a history of commands, handlers, messages, timers and expiries, with transactions, and builds the keyspace
// anew from a feed: as it is at the end, and as it is after a crash at many a unit of the journal.
func TestFeedMirrorsTheKeyspace(t *testing.T) {
	t.Parallel()
	seed := randtest.Seed(t)
	for round := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, round))
		e := newEngine(t)
		if round%2 == 0 {
			limits := value.DefaultLimits()
			limits.PackedMax = 64
			limits.StreamNodeMaxEntries = 3
			e.ks.SetLimits(limits)
		}
		e.all("ASO.FEED CREATE all MATCH * OLD NEW DB ALL")
		first := len(e.units)
		e.load(randomHandler)
		e.load(strings.ReplaceAll(randomHandler, "0.3", "0.5"))
		e.versionsOf("h1", randomHandler, "-- 2"+randomHandler, "-- 3"+randomHandler)
		for range 200 {
			e.step(r)
		}
		e.advance(0)
		where := fmt.Sprintf("seed %d, round %d", seed, round)
		if n := checkMirror(t, e.ks, "all", where); n < 20 {
			t.Errorf("%s: %d entries", where, n)
		}
		for n := first + r.IntN(20); n <= len(e.units); n += 1 + r.IntN(80) {
			again := e.restarted(n)
			again.now += int64(r.IntN(2000))
			again.advance(0)
			checkMirror(t, again.ks, "all", fmt.Sprintf("%s, crash at unit %d", where, n))
			if d := again.image().diff(imageOf(t, again.replayed())); d != "" {
				t.Fatalf("%s, crash at unit %d: replayed: %s", where, n, d)
			}
		}
	}
}

// TestFeedIsWholeAfterCrashAtEachUnit does so at every unit of a shorter history, with a second crash while entries are on their way.
func TestFeedIsWholeAfterCrashAtEachUnit(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	e.all("ASO.FEED CREATE all MATCH * OLD NEW DB ALL")
	first := len(e.units)
	for i := range 40 {
		e.all(fmt.Sprintf("SET a%d %d; INCR n; RPUSH l%d x; SET s v PX 5; EXPIRE a%d 100", i%7, i, i%3, i%7))
		if i%4 == 0 {
			e.advance(10 * time.Millisecond)
		}
		if i%9 == 8 {
			e.all("DEL l1 a2; SELECT 1; SET other 1; FLUSHDB; SELECT 0; RENAME n m")
		}
	}
	for n := first; n <= len(e.units); n++ {
		again := e.restarted(n)
		before := len(again.units)
		again.advance(0)
		checkMirror(t, again.ks, "all", fmt.Sprint("crash at unit ", n))
		if more := len(again.units) - before; more > 1 {
			again = again.restarted(before + 1 + n%(more-1))
			again.advance(0)
			checkMirror(t, again.ks, "all", fmt.Sprint("second crash behind unit ", n))
		}
	}
}
