package persist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestAFullDiskLosesNothingAcknowledged needs the right to mount a small file system.
func TestAFullDiskLosesNothingAcknowledged(t *testing.T) {
	for _, size := range []int{20, 300, 5000, 70_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) { onSmallDisk(t, func(dir, reserve string) { fillDisk(t, dir, reserve, size) }) })
	}
}

// onSmallDisk runs test with a directory on a file system of 256 KiB, of which the file reserve takes 100 KB.
func onSmallDisk(t *testing.T, test func(dir, reserve string)) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skip("mount:", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	reserve := filepath.Join(dir, ".reserve")
	if err := os.WriteFile(reserve, make([]byte, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	test(dir, reserve)
}

// fillUp appends units until one cannot be written, and returns the last one that was acknowledged.
func fillUp(t *testing.T, s *Store, unit []byte) (acked uint64) {
	t.Helper()
	for {
		seq := s.Append(unit)
		err := s.Commit(seq)
		switch {
		case err == nil:
			acked = seq
		case errors.Is(err, ErrStopped) && errors.Is(err, syscall.ENOSPC):
			return acked
		default:
			t.Fatalf("commit: %v", err)
		}
	}
}

func fillDisk(t *testing.T, dir, reserve string, size int) {
	s := openLoaded(t, dir, Options{Logger: quiet()})
	unit := bytes.Repeat([]byte("x"), size)
	acked := fillUp(t, s, unit)
	if err := s.Close(); !errors.Is(err, ErrStopped) {
		t.Fatalf("close: %v", err)
	}
	if err := os.Remove(reserve); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir, Options{Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	c, err := load(s)
	if err != nil {
		t.Fatal(err)
	}
	if uint64(len(c.units)) < acked {
		t.Fatalf("%d units, %d were acknowledged", len(c.units), acked)
	}
	if err := s.Commit(s.Append(unit)); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
}

// A full disk is an outage until there is room, and what is written of a snapshot that finds none goes away.
func TestAFullDiskThatHasRoomAgain(t *testing.T) {
	onSmallDisk(t, func(dir, reserve string) {
		s := openLoaded(t, dir, Options{Policy: Always, Logger: quiet()})
		acked := fillUp(t, s, bytes.Repeat([]byte("x"), 300))
		last := s.Append([]byte("refused"))
		content := bytes.Repeat([]byte("c"), 50_000)
		keep := func(w *SnapshotWriter) error { return w.Put(w.Base(), content) }
		for range 3 {
			if err := s.Snapshot(context.Background(), keep); !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("snapshot: %v", err)
			}
			if got := names(t, dir); slices.ContainsFunc(got, func(n string) bool { return strings.HasSuffix(n, tmpSuffix) || strings.HasPrefix(n, snapshotPrefix) }) {
				t.Fatalf("files %v", got)
			}
		}
		copied := filepath.Join(t.TempDir(), "d")
		readImage(t, dir).write(t, copied)
		if c := mustReadAll(t, copied, Options{Logger: quiet()}); uint64(len(c.units)) < acked {
			t.Fatalf("%d units, %d were acknowledged", len(c.units), acked)
		}
		if err := os.Remove(reserve); err != nil {
			t.Fatal(err)
		}
		if err := s.Snapshot(context.Background(), keep); err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(last); err != nil {
			t.Fatalf("a unit that the snapshot has: %v", err)
		}
		if err := s.Commit(s.Append([]byte("after"))); err != nil {
			t.Fatal(err)
		}
		readImage(t, dir).write(t, filepath.Join(copied, "later"))
		closeStore(t, s)
		c := mustReadAll(t, filepath.Join(copied, "later"), Options{Logger: quiet()})
		if !slices.Equal(c.chunks, []item{{last, string(content)}}) || !slices.Equal(c.units, []item{{last + 1, "after"}}) {
			t.Fatalf("chunks of %d, units %v", len(c.chunks), c.units)
		}
	})
}
