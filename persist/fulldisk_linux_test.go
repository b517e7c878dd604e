package persist

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestAFullDiskLosesNothingAcknowledged needs the right to mount a small file system.
func TestAFullDiskLosesNothingAcknowledged(t *testing.T) {
	for _, size := range []int{20, 300, 5000, 70_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) { fillDisk(t, size) })
	}
}

func fillDisk(t *testing.T, size int) {
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
	s := openLoaded(t, dir, Options{Logger: quiet()})
	unit := bytes.Repeat([]byte("x"), size)
	var acked uint64
	var err error
	for err == nil {
		seq := s.Append(unit)
		if err = s.Commit(seq); err == nil {
			acked = seq
		}
	}
	if !errors.Is(err, ErrStopped) || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("commit: %v", err)
	}
	if err := s.Close(); !errors.Is(err, ErrStopped) {
		t.Fatalf("close: %v", err)
	}
	if err := os.Remove(reserve); err != nil {
		t.Fatal(err)
	}
	s, err = Open(dir, Options{Logger: quiet()})
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
