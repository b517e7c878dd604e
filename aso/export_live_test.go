package aso

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"comet/aso/randtest"
	"comet/aso/rdb"
	"comet/aso/value"
)

// positions is a journal that keeps nothing.
type positions struct{ atomic.Uint64 }

func (p *positions) Append([]byte) uint64 { return p.Add(1) }

func (*positions) Kept(uint64) bool { return false }

func (p *positions) Commit(uint64) error { return nil }

// exported returns the strings that Export passes on and that hold at its end, by database and key.
func exported(ctx context.Context, t *testing.T, ks *Keyspace, passed func(n uint64)) (map[dbKey]string, error) {
	t.Helper()
	type copied struct {
		key  dbKey
		text string
	}
	var all []copied
	copies, err := ks.Export(ctx, func(d *Dumped) error {
		text := ""
		if err := d.Payload.Read(func(it *rdb.Item) error { text += string(it.Name); return nil }); err != nil {
			return err
		}
		all = append(all, copied{dbKey{d.DB, string(d.Key)}, text})
		if passed != nil {
			passed(uint64(len(all)))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	held := map[dbKey]string{}
	for i, c := range all {
		if copies.Holds(uint64(i+1), c.key.db, []byte(c.key.key)) {
			if _, twice := held[c.key]; twice {
				t.Errorf("%v holds twice", c.key)
			}
			held[c.key] = c.text
		}
	}
	return held, nil
}

// Clients move amounts between accounts of several slots and databases, and delete and make some, in transactions; the sum never changes. An export
// shows a moment between two of them.
func TestAnExportShowsOneMoment(t *testing.T) {
	const accounts, amount = 300, 100
	for _, journal := range []Committer{nil, &positions{}} {
		ks := New(Options{Databases: 2, Limits: value.DefaultLimits(), Committer: journal})
		ks.hold = 1 << 10 // many pieces
		name := func(i int) (db int, key []byte) { return i % 2, fmt.Appendf(nil, "account-%d", i) }
		change := func(tx *Tx, i, by int) {
			db, key := name(i)
			tx.Start(db)
			s, _, _ := tx.String(key)
			n, _ := strconv.Atoi(string(s))
			if n += by; n == 0 {
				tx.Delete(key)
				return
			}
			_ = tx.SetString(key, strconv.AppendInt(nil, int64(n), 10), 0)
		}
		for i := range accounts {
			tx := ks.BeginAll()
			change(tx, i, amount)
			tx.Commit()
		}
		ctx, stop := context.WithCancel(t.Context())
		var writers sync.WaitGroup
		for w := range uint64(3) {
			r := rand.New(rand.NewPCG(randtest.Seed(t), w))
			writers.Go(func() {
				for ctx.Err() == nil {
					from, to, by := r.IntN(accounts), r.IntN(accounts), r.IntN(amount)
					var locks Locks
					for _, i := range []int{from, to} {
						_, key := name(i)
						locks.Add(key)
					}
					tx := ks.Begin(&locks)
					change(tx, from, -by)
					change(tx, to, by)
					_ = tx.End()
					tx.Commit()
				}
			})
		}
		for range 2 {
			held, err := exported(ctx, t, ks, nil)
			sum := 0
			for text := range maps.Values(held) {
				n, _ := strconv.Atoi(text)
				sum += n
			}
			if err != nil || sum != accounts*amount {
				t.Errorf("%v: %d accounts with %d, want %d", err, len(held), sum, accounts*amount)
			}
		}
		stop()
		writers.Wait()
		if len(ks.exports) != 0 {
			t.Error("an export is left")
		}
	}
}

// A database that is emptied during an export is empty in it, but for what came afterwards. Swapped databases end it.
func TestAnExportKnowsOfEmptiedAndSwappedDatabases(t *testing.T) {
	fill := func() *Keyspace {
		ks := New(Options{Databases: 2, Limits: value.DefaultLimits()})
		for db := range 2 {
			tx := ks.BeginAll()
			tx.Start(db)
			for i := range 3000 {
				_ = tx.SetString(fmt.Appendf(nil, "key-%d", i), []byte("v"), 0)
			}
			tx.Commit()
		}
		return ks
	}
	ks := fill()
	held, err := exported(t.Context(), t, ks, func(n uint64) {
		if n == 3000 {
			tx := ks.BeginAll()
			tx.Start(1)
			if _, err := tx.FlushDB(); err != nil {
				t.Error(err)
			}
			_ = tx.SetString([]byte("key-1"), []byte("new"), 0)
			tx.Commit()
		}
	})
	if err != nil || len(held) != 3001 || held[dbKey{1, "key-1"}] != "new" {
		t.Errorf("%v: %d keys hold, want 3001", err, len(held))
	}
	ks = fill()
	_, err = exported(t.Context(), t, ks, func(n uint64) {
		if n == 3000 {
			tx := ks.BeginAll()
			tx.SwapDB(0, 1)
			tx.Commit()
		}
	})
	if !errors.Is(err, ErrSwapped) {
		t.Error(err)
	}
}

// While the objects are being replaced by those of a master there is nothing to export.
func TestAnExportOfAReplicaWaitsForItsMaster(t *testing.T) {
	ks := New(Options{Limits: value.DefaultLimits()})
	tx := ks.BeginAll()
	tx.Follow("host", 1)
	tx.Commit()
	if _, err := exported(t.Context(), t, ks, nil); !errors.Is(err, ErrUnsynced) {
		t.Error(err)
	}
	tx = ks.BeginAll()
	_, epoch := ks.Master()
	tx.SetHistory(epoch, Following, "id", 0, 0)
	_ = tx.SetString([]byte("k"), []byte("v"), 0)
	tx.Commit()
	held, err := exported(t.Context(), t, ks, func(uint64) {
		tx := ks.BeginAll()
		tx.SetHistory(epoch, Loading, "id", 0, 0) // a full synchronization begins
		tx.Commit()
	})
	if !errors.Is(err, ErrUnsynced) {
		t.Errorf("%v, %v", held, err)
	}
}
