package aso

import (
	"fmt"
	"strconv"
	"testing"
)

// followed is a keyspace that applies a history: each unit writes its offset to one of a few keys.
type followed struct {
	t      *testing.T
	ks     *Keyspace
	epoch  uint64
	offset int64
}

func newFollowed(t *testing.T, log Committer) *followed {
	t.Helper()
	f := &followed{t: t, ks: newCommon(log)}
	tx := f.ks.Begin(allLocks())
	tx.Start(0)
	tx.Follow("host", 6379)
	must(t, tx.End())
	tx.Commit()
	_, f.epoch = f.ks.Master()
	f.history(Following, "id")
	return f
}

func (f *followed) history(phase Phase, id string) {
	f.t.Helper()
	tx := f.ks.Begin(allLocks())
	tx.Start(0)
	if !tx.SetHistory(f.epoch, phase, id, f.offset, 0) {
		f.t.Error("the decision is not in force")
	}
	must(f.t, tx.End())
	tx.Commit()
}

// apply applies one more unit.
func (f *followed) apply() {
	f.t.Helper()
	f.offset++
	key := fmt.Append(nil, "k", f.offset%40)
	var locks Locks
	locks.Add(key)
	tx := f.ks.Begin(&locks)
	tx.Obey(f.epoch)
	tx.Start(0)
	must(f.t, tx.SetString(key, strconv.AppendInt(nil, f.offset, 10), 0))
	must(f.t, tx.End())
	tx.Advance(f.offset, 1)
	tx.Commit()
}

// reached returns the highest number that a key of ks has.
func reached(t *testing.T, ks *Keyspace) (most int64) {
	t.Helper()
	tx := ks.Begin(allLocks())
	defer tx.Commit()
	for i := range 40 {
		b, found, err := tx.String(fmt.Append(nil, "k", i))
		must(t, err)
		if n, _ := strconv.ParseInt(string(b), 10, 64); found {
			most = max(most, n)
		}
	}
	return most
}

// TestHistoryIsWhatWasApplied cuts the journal behind some units, with and without a snapshot that was made meanwhile: the offset that comes back is that of
// the last unit that does.
func TestHistoryIsWhatWasApplied(t *testing.T) {
	log := &recorder{}
	f := newFollowed(t, log)
	for range 45 {
		f.apply()
	}
	base := len(log.units)
	chunks, err := takeSnapshot(f.ks, func(bool) { f.apply() })
	must(t, err)
	for range 20 {
		f.apply()
	}
	check := func(chunks []chunk, units [][]byte) {
		t.Helper()
		ks := loadCommon(t, chunks, units)
		m, _ := ks.Master()
		if m.Offset != reached(t, ks) || m.Host != "host" || m.Port != 6379 || m.Phase != Following || m.ReplID != "id" {
			t.Fatalf("with %d units: %+v, applied %d", len(units), m, reached(t, ks))
		}
	}
	for cut := 2; cut <= len(log.units); cut += 17 {
		check(nil, log.units[:cut])
	}
	durable := 0 // the journal is on the disk up to there before the snapshot counts
	for i := range chunks {
		chunks[i].seq = max(chunks[i].seq, uint64(base))
		durable = max(durable, int(chunks[i].seq))
	}
	for cut := durable; cut <= len(log.units); cut += 9 {
		check(chunks, log.units[:cut])
	}
}

// TestHistoryNeedsAJournal makes a snapshot of a keyspace without one: it shows slots at different moments.
func TestHistoryNeedsAJournal(t *testing.T) {
	f := newFollowed(t, nil)
	f.apply()
	chunks, err := takeSnapshot(f.ks, func(bool) {})
	must(t, err)
	if m, _ := loadCommon(t, chunks, nil).Master(); m.Phase != Unsynced || m.Host != "host" {
		t.Errorf("%+v", m)
	}
}

// TestASupersededMasterChangesNothing has a Tx that works for an earlier decision.
func TestASupersededMasterChangesNothing(t *testing.T) {
	log := &recorder{}
	f := newFollowed(t, log)
	f.apply()
	old := f.epoch
	tx := f.ks.Begin(allLocks())
	tx.Start(0)
	tx.FollowNobody()
	must(t, tx.End())
	tx.Commit()

	var locks Locks
	locks.Add([]byte("k"))
	tx = f.ks.Begin(&locks)
	tx.Obey(old)
	if tx.Serves(old) {
		t.Error("the decision is still in force")
	}
	tx.Advance(99, 1)
	tx.Commit()
	tx = f.ks.Begin(allLocks())
	if tx.SetHistory(old, Loading, "other", 5, 0) {
		t.Error("the history was changed")
	}
	tx.Commit()
	if m, epoch := f.ks.Master(); m.Offset != 1 || m.Phase != Alone || epoch == old {
		t.Errorf("%+v, decision %d", m, epoch)
	}
	if m, _ := loadCommon(t, nil, log.units).Master(); m.Phase != Alone || m.Host != "host" {
		t.Errorf("after a restart: %+v", m)
	}

	tx = f.ks.Begin(allLocks())
	tx.Start(0)
	tx.Follow("host", 6379)
	tx.Commit()
	if m, _ := f.ks.Master(); m.Phase != Unsynced || m.ReplID != "" {
		t.Errorf("after a time alone the history goes on: %+v", m)
	}
}

// TestTheMasterSaysWhatExpires reads a key whose deadline has passed as the master, and as a client.
func TestTheMasterSaysWhatExpires(t *testing.T) {
	f := newFollowed(t, &recorder{})
	var locks Locks
	locks.Add([]byte("k"))
	tx := f.ks.Begin(&locks)
	tx.Obey(f.epoch)
	tx.Start(0)
	must(t, tx.SetString([]byte("k"), []byte("v"), commonClock-1))
	if !tx.Exists([]byte("k")) || tx.Over(commonClock-1) {
		t.Error("the key is missing for its master")
	}
	must(t, tx.End())
	tx.Commit()
	must(t, f.ks.RunDue())
	tx = f.ks.Begin(&locks)
	tx.Start(0)
	if tx.Exists([]byte("k")) || tx.Size() != 1 {
		t.Errorf("a client sees the key, or it is gone: %d keys", tx.Size())
	}
	tx.Commit()

	tx = f.ks.Begin(allLocks())
	tx.Start(0)
	tx.FollowNobody()
	tx.Commit()
	must(t, f.ks.RunDue())
	tx = f.ks.Begin(&locks)
	defer tx.Commit()
	if tx.Size() != 0 {
		t.Error("nothing expires after the promotion")
	}
}
