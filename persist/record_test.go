package persist

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// memFile is a File that only reads.
type memFile struct {
	File
	b []byte
}

func (m memFile) ReadAt(p []byte, off int64) (int, error) { return bytes.NewReader(m.b).ReadAt(p, off) }
func (m memFile) Size() (int64, error)                    { return int64(len(m.b)), nil }

func newMemReader(b []byte) *reader {
	r, _ := newReader(memFile{b: b})
	return r
}

// testRecord is a finished record of the file 7.
func testRecord(k kind, seq uint64, units ...string) []byte {
	rec := make([]byte, headerSize)
	for _, u := range units {
		rec = appendUnit(rec, []byte(u))
	}
	seal(rec, k, 7, seq, uint32(len(units)))
	return rec
}

func testFile() []byte {
	first := fileInfo{journal: true, generation: 3}.append(make([]byte, headerSize))
	seal(first, kindFile, 7, 0, 0)
	file := appendFrame(nil, first)
	file = appendFrame(file, testRecord(kindUnits, 1, "one", "two"))
	file = appendFrame(file, testRecord(kindUnits, 3, ""))
	return appendFrame(file, testRecord(kindClosed, 3))
}

func TestReaderReturnsWhatWasWritten(t *testing.T) {
	r := newMemReader(testFile())
	_, info, err := r.open()
	if err != nil || info != (fileInfo{journal: true, generation: 3}) {
		t.Fatalf("%+v, %v", info, err)
	}
	var got []string
	for {
		rec, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		err = eachUnit(rec.body, rec.count, rec.seq, func(_ uint64, u []byte) error {
			got = append(got, string(u))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"one", "two", ""}; !slices.Equal(got, want) {
		t.Fatalf("units %q, want %q", got, want)
	}
}

// TestFramesAreWhatBuntdbWrites pins the one assumption about buntdb's file format.
func TestFramesAreWhatBuntdbWrites(t *testing.T) {
	dir := t.TempDir()
	d, err := createJournal(osFS{}, dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, fileName(journalPrefix, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 55, 56, 956, 100_000} {
		rec := make([]byte, headerSize+n)
		seal(rec, kindUnits, d.id, 1, 0)
		want = appendFrame(want, rec)
		if _, err := d.append(rec); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(d.path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) || d.size.Load() != int64(len(want)) {
		t.Fatalf("buntdb wrote %d bytes, counted %d, want %d equal ones", len(got), d.size.Load(), len(want))
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
}

func TestHostileRecordsAreRefused(t *testing.T) {
	long := testRecord(kindUnits, 1)
	binary.LittleEndian.PutUint64(long[28:], 1<<62)
	reseal(long)
	newer := testRecord(kindUnits, 1)
	newer[4] = formatVersion + 1
	reseal(newer)
	huge := append([]byte(frameStart), "999999999999999999\r\n"...)
	tests := map[string][]byte{
		"no frame":            []byte("*2\r\n$3\r\ndel\r\n$1\r\nr\r\n"),
		"flushdb":             []byte("*1\r\n$7\r\nflushdb\r\n"),
		"zeros":               make([]byte, 200),
		"length overflows":    append([]byte(frameStart), "99999999999999999999999\r\n"...),
		"length is negative":  append([]byte(frameStart), "-1\r\n"...),
		"length has a zero":   append([]byte(frameStart), "044\r\n"...),
		"length is huge":      append(huge, testRecord(kindUnits, 1)...),
		"shorter than header": appendFrame(nil, make([]byte, headerSize-1)),
		"body length":         appendFrame(nil, long),
		"newer":               appendFrame(nil, newer),
		"other file":          appendFrame(nil, otherFile()),
	}
	for name, bad := range tests {
		t.Run(name, func(t *testing.T) {
			r := newMemReader(append(testFile(), bad...))
			if _, _, err := r.open(); err != nil {
				t.Fatal(err)
			}
			var err error
			for err == nil {
				_, err = r.next()
			}
			if _, ok := err.(*formatError); !ok {
				t.Fatalf("error %v", err)
			}
			if ok, err := r.validAfter(); ok || err != nil {
				t.Fatalf("found a record behind it: %v, %v", ok, err)
			}
			if len(r.buf) > len(testFile())+len(bad) {
				t.Fatalf("allocated %d bytes", len(r.buf))
			}
		})
	}
}

func reseal(rec []byte) {
	binary.LittleEndian.PutUint32(rec[40:], crc32.Checksum(rec[:40], castagnoli))
}

func otherFile() []byte {
	rec := make([]byte, headerSize)
	seal(rec, kindUnits, 8, 4, 0)
	return rec
}

func TestBodiesThatDoNotHoldWhatTheySayAreRefused(t *testing.T) {
	for _, body := range [][]byte{{5, 'a'}, {1, 'a', 'b'}, {0x80}, {255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, {}} {
		if checkUnits(body, 1) {
			t.Errorf("units %v accepted", body)
		}
		if eachChunk(body, 1, nothing) == nil {
			t.Errorf("chunks %v accepted", body)
		}
	}
}

// FuzzReader: whatever the file holds, reading it ends, and what is accepted is exactly what would be written.
func FuzzReader(f *testing.F) {
	f.Add(testFile())
	f.Add(append(testFile(), frameStart+"99999\r\nCMET"...))
	f.Add([]byte(frameStart + "44\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newMemReader(b)
		if _, _, err := r.open(); err != nil {
			return
		}
		for {
			at := r.offset
			rec, err := r.next()
			if err == io.EOF {
				return
			}
			if err != nil {
				if _, err := r.validAfter(); err != nil {
					t.Fatal(err)
				}
				return
			}
			again := append(make([]byte, headerSize), rec.body...)
			seal(again, rec.kind, rec.fileID, rec.seq, rec.count)
			if !bytes.Equal(appendFrame(nil, again), b[at:r.offset]) {
				t.Fatalf("record at %d is not canonical", at)
			}
		}
	})
}

// FuzzBodies: decoding units and chunks never goes out of bounds and never yields more than the body holds.
func FuzzBodies(f *testing.F) {
	f.Add(appendUnit(appendUnit(nil, []byte("a")), nil), uint32(2))
	f.Add(appendChunk(nil, 300, []byte("chunk")), uint32(1))
	f.Fuzz(func(t *testing.T, body []byte, count uint32) {
		total := 0
		add := func(_ uint64, b []byte) error { total += len(b) + 1; return nil }
		_ = eachUnit(body, count, 1, add)
		if total > len(body) {
			t.Fatalf("%d bytes of units out of %d", total, len(body))
		}
		total = 0
		_ = eachChunk(body, count, add)
		if total > len(body) {
			t.Fatalf("%d bytes of chunks out of %d", total, len(body))
		}
		_, _ = parseFileInfo(body)
	})
}

func FuzzNames(f *testing.F) {
	f.Add("journal-0000000001.db")
	f.Add("snapshot-18446744073709551615.db")
	f.Fuzz(func(t *testing.T, name string) {
		if prefix, g, ok := parseName(name); ok && fileName(prefix, g) != name {
			t.Fatalf("%q is not canonical", name)
		}
	})
}
