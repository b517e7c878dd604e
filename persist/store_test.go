package persist

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func nothing(uint64, []byte) error { return nil }

// openLoaded gives a store that is loaded and writes and fsyncs nothing by itself.
func openLoaded(t testing.TB, dir string, opt Options) *Store {
	t.Helper()
	s, err := Open(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	s.j.every = time.Hour
	if err := s.Load(nothing, nothing); err != nil {
		t.Fatal(errors.Join(err, s.Close()))
	}
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// contents is what a store hands out at its start.
type contents struct {
	chunks, units []item
}

type item struct {
	seq  uint64
	data string
}

// readAll loads a directory and closes it again.
func readAll(dir string, opt Options) (contents, error) {
	s, err := Open(dir, opt)
	if err != nil {
		return contents{}, err
	}
	c, err := load(s)
	return c, errors.Join(err, s.Close())
}

func load(s *Store) (contents, error) {
	var c contents
	err := s.Load(
		func(seq uint64, b []byte) error { c.chunks = append(c.chunks, item{seq, string(b)}); return nil },
		func(seq uint64, b []byte) error { c.units = append(c.units, item{seq, string(b)}); return nil })
	return c, err
}

func mustReadAll(t testing.TB, dir string, opt Options) contents {
	t.Helper()
	opt.Logger = quiet()
	c, err := readAll(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// addUnits appends and commits units "u<seq>" one by one.
func addUnits(t testing.TB, s *Store, n int) {
	t.Helper()
	for range n {
		next := s.j.newest() + 1
		if err := s.Commit(s.Append(fmt.Appendf(nil, "u%d", next))); err != nil {
			t.Fatal(err)
		}
	}
}

func wantUnits(t testing.TB, got []item, first, last uint64) {
	t.Helper()
	var want []item
	for seq := first; seq <= last; seq++ {
		want = append(want, item{seq, fmt.Sprintf("u%d", seq)})
	}
	if !slices.Equal(got, want) {
		t.Fatalf("units %v, want %d to %d", got, first, last)
	}
}

func snapshot(t testing.TB, s *Store, chunks ...string) {
	t.Helper()
	err := s.Snapshot(context.Background(), func(w *SnapshotWriter) error {
		for _, c := range chunks {
			if err := w.Put(s.j.newest(), []byte(c)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	return got
}

func TestUnitsAreThereAfterRestart(t *testing.T) {
	for _, policy := range []Policy{EverySec, Always, No} {
		t.Run(policy.String(), func(t *testing.T) {
			dir := t.TempDir()
			for round := range 3 {
				s := openLoaded(t, dir, Options{Policy: policy, Logger: quiet()})
				addUnits(t, s, 5)
				s.Append(fmt.Appendf(nil, "u%d", round*6+6)) // never committed: Close writes it
				closeStore(t, s)
			}
			c := mustReadAll(t, dir, Options{})
			wantUnits(t, c.units, 1, 18)
			if len(c.chunks) != 0 {
				t.Fatalf("chunks %v", c.chunks)
			}
		})
	}
}

func TestSnapshotReplacesThePast(t *testing.T) {
	dir := t.TempDir()
	s := openLoaded(t, dir, Options{Logger: quiet()})
	addUnits(t, s, 7)
	snapshot(t, s, "a", "b")
	addUnits(t, s, 3)
	want := []string{"journal-0000000002.db", "lock", "snapshot-0000000002.db"}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Fatalf("files %v, want %v", got, want)
	}
	closeStore(t, s)
	c := mustReadAll(t, dir, Options{})
	if want := []item{{7, "a"}, {7, "b"}}; !slices.Equal(c.chunks, want) {
		t.Fatalf("chunks %v, want %v", c.chunks, want)
	}
	wantUnits(t, c.units, 8, 10)
}

func TestSnapshotOfAnUnchangedStoreKeepsItsGeneration(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		s := openLoaded(t, dir, Options{Logger: quiet()})
		snapshot(t, s, fmt.Sprint("old", round))
		snapshot(t, s, fmt.Sprint("new", round))
		if g := s.Stats().Generation; g != 1 {
			t.Fatalf("generation %d", g)
		}
		closeStore(t, s)
	}
	c := mustReadAll(t, dir, Options{})
	if want := []item{{0, "new2"}}; !slices.Equal(c.chunks, want) {
		t.Fatalf("chunks %v, want %v", c.chunks, want)
	}
}

func TestFailedSnapshotChangesNothing(t *testing.T) {
	dir := t.TempDir()
	s := openLoaded(t, dir, Options{Logger: quiet()})
	addUnits(t, s, 2)
	snapshot(t, s, "kept")
	boom := errors.New("boom")
	for range 3 {
		addUnits(t, s, 2)
		err := s.Snapshot(context.Background(), func(w *SnapshotWriter) error {
			if err := w.Put(s.j.newest(), []byte("half")); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatalf("error %v", err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Snapshot(ctx, func(w *SnapshotWriter) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if st := s.Stats(); st.SnapshotErr == nil || st.SnapshotRunning || st.SnapshotAt.IsZero() {
		t.Fatalf("stats %+v", st)
	}
	closeStore(t, s)
	c := mustReadAll(t, dir, Options{})
	if want := []item{{2, "kept"}}; !slices.Equal(c.chunks, want) {
		t.Fatalf("chunks %v, want %v", c.chunks, want)
	}
	wantUnits(t, c.units, 3, 8)
	s = openLoaded(t, dir, Options{Logger: quiet()})
	snapshot(t, s, "later")
	if got := names(t, dir); len(got) != 3 {
		t.Fatalf("files %v", got)
	}
	closeStore(t, s)
}

func TestSnapshotTakesUnitsThatAreNotCommittedYet(t *testing.T) {
	dir := t.TempDir()
	s := openLoaded(t, dir, Options{Policy: No, Logger: quiet()})
	s.Append([]byte("u1"))
	s.Append([]byte("u2"))
	err := s.Snapshot(context.Background(), func(w *SnapshotWriter) error {
		if s.Snapshot(context.Background(), nil) != ErrSnapshotRunning {
			t.Error("a second snapshot began")
		}
		seq := s.Append([]byte("u3"))
		return w.Put(seq, []byte("state of 3"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.Synced != 3 || st.PendingBytes != 0 {
		t.Fatalf("stats %+v", st)
	}
	closeStore(t, s)
	c := mustReadAll(t, dir, Options{})
	if want := []item{{3, "state of 3"}}; !slices.Equal(c.chunks, want) {
		t.Fatalf("chunks %v", c.chunks)
	}
}

func TestManyAndLargeChunksAndUnits(t *testing.T) {
	dir := t.TempDir()
	s := openLoaded(t, dir, Options{Logger: quiet()})
	big := strings.Repeat("x", 9<<20)
	if err := s.Commit(s.Append([]byte(big))); err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 3000 {
		want = append(want, strings.Repeat(string(rune('a'+i%26)), i%300))
	}
	want = append(want, big, "", "end")
	snapshot(t, s, want...)
	seq := s.Append(nil)
	if err := s.Commit(s.Append([]byte(big))); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	c := mustReadAll(t, dir, Options{})
	var got []string
	for _, it := range c.chunks {
		got = append(got, it.data)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%d chunks, want %d equal ones", len(got), len(want))
	}
	if len(c.units) != 2 || c.units[0] != (item{seq, ""}) || c.units[1].data != big {
		t.Fatalf("%d units", len(c.units))
	}
	// A large journal is not continued but followed by the next generation.
	for range 3 {
		s = openLoaded(t, dir, Options{Logger: quiet()})
		addUnits(t, s, 1)
		closeStore(t, s)
	}
	if c = mustReadAll(t, dir, Options{}); len(c.units) != 5 {
		t.Fatalf("%d units", len(c.units))
	}
	if got := names(t, dir); !slices.Equal(got, []string{"journal-0000000002.db", "journal-0000000003.db", "lock", "snapshot-0000000002.db"}) {
		t.Fatalf("files %v", got)
	}
}

func TestSecondOwnerIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := openLoaded(t, dir, Options{Logger: quiet()})
	_, err := Open(dir, Options{})
	want := fmt.Sprintf("data directory %q is in use by process %d", dir, os.Getpid())
	if err == nil || err.Error() != want {
		t.Fatalf("error %v, want %s", err, want)
	}
	closeStore(t, s)
	mustReadAll(t, dir, Options{})
}

func TestWrongDirectoriesAreRefused(t *testing.T) {
	tests := []struct {
		name, want string
		make       func(t *testing.T, dir string)
	}{
		{"foreign file", "which is no file of this store: choose an empty directory, or move it away (comet import takes over what Redis wrote)", func(t *testing.T, dir string) { writeTestFile(t, dir, "dump.rdb") }},
		{"foreign directory", "which is no file of this store", func(t *testing.T, dir string) { mkdir(t, dir, "appendonlydir") }},
		{"journal is a directory", "which is no file of this store", func(t *testing.T, dir string) { mkdir(t, dir, "journal-0000000001.db") }},
		{"empty journal", "is damaged at offset 0", func(t *testing.T, dir string) { writeTestFile(t, dir, "journal-0000000001.db") }},
		{"journal is missing", "is missing", func(t *testing.T, dir string) { writeTestFile(t, dir, "journal-0000000002.db") }},
		{"snapshot alone", "is missing", func(t *testing.T, dir string) { writeTestFile(t, dir, "snapshot-0000000001.db") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			tt.make(t, dir)
			_, err := readAll(dir, Options{Logger: quiet()})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %v, want one line with %q", err, tt.want)
			}
		})
	}
}

func TestDirectoryIsMadeWithItsParents(t *testing.T) {
	mustReadAll(t, filepath.Join(t.TempDir(), "a", "b"), Options{})
}

func TestCommitOfAUnitThatDoesNotExistWaitsForTheNewest(t *testing.T) {
	for _, policy := range []Policy{EverySec, Always} {
		s := openLoaded(t, t.TempDir(), Options{Policy: policy, Logger: quiet()})
		seq := s.Append([]byte("x"))
		if err := s.Commit(seq + 1000); err != nil || s.Stats().Written != seq {
			t.Fatalf("%v, %+v", err, s.Stats())
		}
		closeStore(t, s)
	}
}

func writeTestFile(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestCallsOutOfOrderFail(t *testing.T) {
	s, err := Open(t.TempDir(), Options{Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(s.Append([]byte("x"))); !errors.Is(err, ErrNotLoaded) {
		t.Fatalf("commit before load: %v", err)
	}
	if err := s.Snapshot(context.Background(), nil); !errors.Is(err, ErrNotLoaded) {
		t.Fatalf("snapshot before load: %v", err)
	}
	if err := s.Load(nothing, nothing); err != nil {
		t.Fatal(err)
	}
	if err := s.Load(nothing, nothing); err == nil {
		t.Fatal("loaded twice")
	}
	closeStore(t, s)
	if err := s.Commit(s.Append([]byte("x"))); !errors.Is(err, ErrClosed) {
		t.Fatalf("commit after close: %v", err)
	}
	if err := s.Close(); !errors.Is(err, ErrClosed) {
		t.Fatalf("close twice: %v", err)
	}
}

func TestCallbackErrorsEndLoad(t *testing.T) {
	dir := t.TempDir()
	s := openLoaded(t, dir, Options{Logger: quiet()})
	addUnits(t, s, 3)
	snapshot(t, s, "a")
	addUnits(t, s, 3)
	closeStore(t, s)
	boom := errors.New("boom")
	fail := func(uint64, []byte) error { return boom }
	for _, fns := range [][2]func(uint64, []byte) error{{fail, nothing}, {nothing, fail}} {
		s, err := Open(dir, Options{Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Load(fns[0], fns[1]); !errors.Is(err, boom) {
			t.Fatalf("error %v", err)
		}
		closeStore(t, s)
	}
	c := mustReadAll(t, dir, Options{})
	wantUnits(t, c.units, 4, 6)
}

func TestPolicyWords(t *testing.T) {
	for _, p := range []Policy{EverySec, Always, No} {
		if got, err := ParsePolicy(p.String()); got != p || err != nil {
			t.Fatalf("%v: %v, %v", p, got, err)
		}
	}
	if _, err := ParsePolicy("sometimes"); err == nil {
		t.Fatal("accepted")
	}
}
