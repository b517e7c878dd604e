package persist

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"comet/aso/randtest"
)

// fastDir is a directory in memory where there is one: tests that start a store thousands of times do not test the disk.
func fastDir(t testing.TB) string {
	t.Helper()
	if info, err := os.Stat("/dev/shm"); err != nil || !info.IsDir() {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp("/dev/shm", "persist-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// seeded returns a random source.
func seeded(t testing.TB) *rand.Rand {
	t.Helper()
	return rand.New(rand.NewPCG(randtest.Seed(t), 1))
}

// image is the files of a data directory.
type image map[string][]byte

func readImage(t testing.TB, dir string) image {
	t.Helper()
	img := image{}
	for _, name := range names(t, dir) {
		if name == lockName {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		img[name] = b
	}
	return img
}

// write makes dir hold exactly the image.
func (img image) write(t testing.TB, dir string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		t.Fatal(err)
	}
	for name, b := range img {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (img image) with(name string, b []byte) image {
	other := image{}
	maps.Copy(other, img)
	other[name] = b
	return other
}

// closedImage is a cleanly closed store: a snapshot of units 1 to 4, a sealed journal with 5 to 8, an active one with 9 to 12.
func closedImage(t testing.TB) image {
	t.Helper()
	dir := fastDir(t)
	s := openLoaded(t, dir, Options{Logger: quiet()})
	addUnits(t, s, 4)
	snapshot(t, s, "chunk a", "chunk b")
	addUnits(t, s, 4)
	if _, err := s.beginGeneration(); err != nil {
		t.Fatal(err)
	}
	addUnits(t, s, 4)
	closeStore(t, s)
	return readImage(t, dir)
}

const (
	snapshotFile = "snapshot-0000000002.db"
	sealedFile   = "journal-0000000002.db"
	activeFile   = "journal-0000000003.db"
)

func TestAFlippedBitLosesNothingOrIsRefused(t *testing.T) {
	img := closedImage(t)
	dir := filepath.Join(fastDir(t), "d")
	img.write(t, dir)
	want := mustReadAll(t, dir, Options{})
	wantUnits(t, want.units, 5, 12)
	rng := seeded(t)
	refused := 0
	for name, good := range img {
		for at := range good {
			bad := bytes.Clone(good)
			bad[at] ^= 1 << rng.IntN(8)
			img.with(name, bad).write(t, dir)
			got, err := readAll(dir, Options{Logger: quiet()})
			if err != nil {
				refused++
				if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), name) {
					t.Fatalf("%s byte %d: error %q", name, at, err)
				}
				continue
			}
			if !slices.Equal(got.chunks, want.chunks) || !slices.Equal(got.units, want.units) {
				t.Fatalf("%s byte %d: silently less: %v", name, at, got)
			}
		}
	}
	t.Logf("%d flips refused", refused)
}

func TestATornEndIsCutOff(t *testing.T) {
	img := closedImage(t)
	full := img[activeFile]
	dir := filepath.Join(fastDir(t), "d")
	rng := seeded(t)
	first := int(frameSize(headerSize + fileInfoSize))
	for size := first; size < len(full); size++ {
		torn := bytes.Clone(full[:size])
		switch rng.IntN(3) {
		case 0:
			torn = append(torn, make([]byte, rng.IntN(100))...)
		case 1:
			for range rng.IntN(100) {
				torn = append(torn, byte(rng.Uint32()))
			}
		}
		img.with(activeFile, torn).write(t, dir)
		got := mustReadAll(t, dir, Options{})
		last := uint64(8 + (size-first)/int(frameSize(headerSize+len("\x03u10"))))
		wantPrefix(t, got.units, 5, last)
		again := mustReadAll(t, dir, Options{RefuseTorn: true})
		if !slices.Equal(again.units, got.units) {
			t.Fatalf("size %d: %v, then %v", size, got.units, again.units)
		}
	}
}

// wantPrefix checks that units are first, first+1, ... up to at least last.
func wantPrefix(t testing.TB, got []item, first, last uint64) {
	t.Helper()
	if uint64(len(got)) < last+1-first {
		t.Fatalf("units %v, want at least %d to %d", got, first, last)
	}
	wantUnits(t, got, first, first+uint64(len(got))-1)
}

func TestATornEndIsRefusedOnDemand(t *testing.T) {
	img := closedImage(t)
	b := img[activeFile]
	dir := filepath.Join(fastDir(t), "d")
	img.with(activeFile, b[:len(b)-1]).write(t, dir)
	_, err := readAll(dir, Options{RefuseTorn: true, Logger: quiet()})
	var damage *DamageError
	if !errors.As(err, &damage) || damage.File != filepath.Join(dir, activeFile) || damage.Offset != int64(len(b))-frameSize(headerSize) {
		t.Fatalf("error %v", err)
	}
}

// A sealed journal was on the disk before its successor got a unit: nothing of it may be missing.
func TestACutSealedJournalIsRefused(t *testing.T) {
	img := closedImage(t)
	full := img[sealedFile]
	dir := filepath.Join(fastDir(t), "d")
	for size := range full {
		img.with(sealedFile, full[:size]).write(t, dir)
		if got, err := readAll(dir, Options{Logger: quiet()}); err == nil {
			t.Fatalf("size %d: %v", size, got)
		}
	}
}

func TestACutSnapshotIsRefused(t *testing.T) {
	img := closedImage(t)
	full := img[snapshotFile]
	dir := filepath.Join(fastDir(t), "d")
	for size := range full {
		img.with(snapshotFile, full[:size]).write(t, dir)
		if got, err := readAll(dir, Options{Logger: quiet(), Repair: true}); err == nil {
			t.Fatalf("size %d: %v", size, got)
		}
	}
}

func TestLostFilesAreRefused(t *testing.T) {
	img := closedImage(t)
	dir := filepath.Join(fastDir(t), "d")
	for name := range img {
		other := img.with(name, nil)
		delete(other, name)
		other.write(t, dir)
		if got, err := readAll(dir, Options{Logger: quiet()}); err == nil {
			t.Errorf("without %s: %v", name, got)
		}
	}
}

// cutOut removes the nth record of a file.
func cutOut(t *testing.T, file []byte, n int) []byte {
	t.Helper()
	r := newMemReader(file)
	if _, _, err := r.open(); err != nil {
		t.Fatal(err)
	}
	for range n - 1 {
		if _, err := r.next(); err != nil {
			t.Fatal(err)
		}
	}
	from := r.offset
	if _, err := r.next(); err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(file[:from]), file[r.offset:]...)
}

func TestDamageIsRefusedAndRepairCutsThere(t *testing.T) {
	img := closedImage(t)
	flip := func(name string, at int) image {
		b := bytes.Clone(img[name])
		b[at] ^= 1
		return img.with(name, b)
	}
	first := int(frameSize(headerSize + fileInfoSize))
	unit := int(frameSize(headerSize + len("\x02u5")))
	tests := []struct {
		name  string
		img   image
		last  uint64 // unit, after the repair
		files int
	}{
		{"body in the middle", flip(sealedFile, first+2*unit-3), 6 - 1, 4},
		{"gap in the middle", img.with(sealedFile, cutOut(t, img[sealedFile], 2)), 5, 4},
		{"seal", flip(sealedFile, len(img[sealedFile])-5), 8, 4},
		{"active journal", flip(activeFile, first+10), 8, 3},
		{"gap at the beginning", img.with(activeFile, cutOut(t, img[activeFile], 1)), 8, 3},
		{"all units", flip(sealedFile, first+5), 4, 4},
		{"records after the seal", img.with(sealedFile, append(bytes.Clone(img[sealedFile]), "x"...)), 8, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(fastDir(t), "d")
			tt.img.write(t, dir)
			_, err := readAll(dir, Options{Logger: quiet()})
			var damage *DamageError
			if !errors.As(err, &damage) || damage.Advice != adviceRepair {
				t.Fatalf("error %v", err)
			}
			got := mustReadAll(t, dir, Options{Repair: true})
			wantUnits(t, got.units, 5, tt.last)
			s := openLoaded(t, dir, Options{Logger: quiet()})
			addUnits(t, s, 2)
			closeStore(t, s)
			got = mustReadAll(t, dir, Options{})
			wantUnits(t, got.units, 5, tt.last+2)
		})
	}
}

// A repair may leave less journal than the snapshot's chunks contain; the numbers of those units are not given again.
func TestRepairNeverReusesNumbersOfTheSnapshot(t *testing.T) {
	dir := fastDir(t)
	s := openLoaded(t, dir, Options{Logger: quiet()})
	addUnits(t, s, 4)
	err := s.Snapshot(t.Context(), func(w *SnapshotWriter) error {
		addUnits(t, s, 3)
		return w.Put(7, []byte("state of 7"))
	})
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	img := readImage(t, dir)
	bad := bytes.Clone(img[sealedFile])
	bad[frameSize(headerSize+fileInfoSize)+70] ^= 4
	img.with(sealedFile, bad).write(t, dir)
	if _, err := readAll(dir, Options{Logger: quiet()}); err == nil {
		t.Fatal("accepted")
	}
	if got := mustReadAll(t, dir, Options{Repair: true}); len(got.units) != 0 {
		t.Fatalf("units %v", got.units)
	}
	s = openLoaded(t, dir, Options{Logger: quiet()})
	if seq := s.Append([]byte("u8")); seq != 8 {
		t.Fatalf("next unit has number %d", seq)
	}
	closeStore(t, s)
	wantUnits(t, mustReadAll(t, dir, Options{}).units, 8, 8)
	// The same with the torn end alone: the snapshot knows that units are missing.
	img.with(sealedFile, img[sealedFile][:frameSize(headerSize+fileInfoSize)]).write(t, dir)
	if _, err := readAll(dir, Options{Logger: quiet()}); err == nil || !strings.Contains(err.Error(), "the snapshot may contain 7") {
		t.Fatalf("error %v", err)
	}
}

func TestARepairedStoreWithoutSuccessorGoesOn(t *testing.T) {
	img := closedImage(t)
	delete(img, activeFile)
	dir := filepath.Join(fastDir(t), "d")
	img.write(t, dir)
	wantUnits(t, mustReadAll(t, dir, Options{Repair: true}).units, 5, 8)
	s := openLoaded(t, dir, Options{Logger: quiet()})
	addUnits(t, s, 1)
	closeStore(t, s)
	wantUnits(t, mustReadAll(t, dir, Options{}).units, 5, 9)
}

func TestOtherFormatVersionIsRefused(t *testing.T) {
	img := closedImage(t)
	dir := filepath.Join(fastDir(t), "d")
	for name, b := range img {
		for version, advice := range map[byte]string{formatVersion + 1: adviceUpgrade, formatVersion - 1: adviceOld} {
			other := bytes.Clone(b)
			rec := other[bytes.Index(other, []byte(magic)):]
			rec[4] = version
			reseal(rec)
			img.with(name, other).write(t, dir)
			_, err := readAll(dir, Options{Logger: quiet(), Repair: true})
			if err == nil || !strings.Contains(err.Error(), advice) {
				t.Errorf("%s, version %d: %v", name, version, err)
			}
		}
	}
}

// A client may store bytes that look like records; a torn end that holds them is still a torn end.
func TestUserDataThatLooksLikeRecordsIsNoRecord(t *testing.T) {
	img := closedImage(t)
	dir := filepath.Join(fastDir(t), "d")
	img.write(t, dir)
	s := openLoaded(t, dir, Options{Logger: quiet()})
	other := bytes.Repeat(testFile(), 10)
	if err := s.Commit(s.Append(other)); err != nil {
		t.Fatal(err)
	}
	torn := readImage(t, dir)
	closeStore(t, s)
	b := torn[activeFile]
	torn.with(activeFile, b[:len(b)-1]).write(t, dir)
	wantUnits(t, mustReadAll(t, dir, Options{}).units, 5, 12)
}
