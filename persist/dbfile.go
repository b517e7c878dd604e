package persist

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"unsafe"

	"github.com/tidwall/buntdb"
)

const fileMode = 0o640

// dbFile is a buntdb file that only grows. Every record is the SET of the same key, so buntdb holds the newest one in memory
// while its append-only file holds them all; one record is one write(2).
type dbFile struct {
	path string
	id   uint64
	size atomic.Int64
	sync File // own descriptor: buntdb ignores fsync errors and fsyncs under its lock
	db   *buntdb.DB
	held []byte // value that buntdb refers to now
	lost bool   // buntdb panicked and holds its lock for ever
}

// writeFile makes a durable file at path with its first record, over what was there.
func writeFile(fs FS, path string, info fileInfo, seq uint64) (id uint64, err error) {
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return 0, fmt.Errorf("file id: %w", err)
	}
	id = binary.LittleEndian.Uint64(random[:])
	rec := info.append(make([]byte, headerSize))
	seal(rec, kindFile, id, seq, 0)
	f, err := fs.OpenFile(whyCreate, path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, fileMode)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.WriteAt(appendFrame(nil, rec), 0); err != nil {
		return 0, err
	}
	return id, f.Sync()
}

// createJournal makes a journal without units of a generation, durable under its final name and in the place of what had it, and opens it.
func createJournal(fs FS, dir string, generation uint64) (*dbFile, error) {
	path := journalPath(dir, generation)
	id, err := writeFile(fs, path+tmpSuffix, fileInfo{journal: true, generation: generation}, 0)
	if err == nil {
		err = fs.Rename(whyCreate, path+tmpSuffix, path)
	}
	if err != nil {
		if rerr := fs.Remove(whyCleanup, path+tmpSuffix); !errors.Is(rerr, os.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
		return nil, fmt.Errorf("create journal: %w", err)
	}
	if err := fs.SyncDir(whyCreate, dir); err != nil {
		return nil, fmt.Errorf("create journal: sync %q: %w", filepath.Dir(path), err)
	}
	return openFile(fs, whySyncJournal, path, id)
}

// openFile opens a file that the strict reader has found good to its end: buntdb panics on hostile lengths, and cuts off or
// skips what it does not understand.
func openFile(fs FS, why, path string, id uint64) (*dbFile, error) {
	sync, err := fs.OpenFile(why, path, os.O_RDWR, fileMode)
	if err != nil {
		return nil, err
	}
	size, err := sync.Size()
	if err != nil {
		return nil, errors.Join(err, sync.Close())
	}
	db, err := buntdb.Open(path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %q: %w", path, err), sync.Close())
	}
	err = db.SetConfig(buntdb.Config{SyncPolicy: buntdb.Never, AutoShrinkDisabled: true})
	if err != nil {
		return nil, errors.Join(err, db.Close(), sync.Close())
	}
	d := &dbFile{path: path, id: id, sync: sync, db: db}
	d.size.Store(size)
	return d, nil
}

// append writes one record and returns the buffer of an earlier one for reuse. It keeps rec without copying: the caller
// must not touch it before a later append has returned it. After an error the file must not be written again; buntdb has
// then cut off a half-written record, or the next start will.
func (d *dbFile) append(rec []byte) (free []byte, err error) {
	if d.lost {
		return nil, errBuntPanic
	}
	defer func() {
		if p := recover(); p != nil {
			d.lost = true
			err = fmt.Errorf("%w: %v", errBuntPanic, p)
		}
	}()
	value := unsafe.String(unsafe.SliceData(rec), len(rec))
	err = d.db.Update(func(tx *buntdb.Tx) error {
		_, _, err := tx.Set(recordKey, value, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("write %q: %w", d.path, err)
	}
	d.size.Add(frameSize(len(rec)))
	free, d.held = d.held, rec
	return free, nil
}

var errBuntPanic = errors.New("buntdb panicked while undoing a failed write")

// appendMark writes a record without a body.
func (d *dbFile) appendMark(k kind, seq uint64) error {
	rec := make([]byte, headerSize)
	seal(rec, k, d.id, seq, 0)
	_, err := d.append(rec)
	return err
}

// close releases the file; it makes nothing durable. buntdb's own goroutine ends within a second after it.
func (d *dbFile) close() error {
	err := d.sync.Close()
	if !d.lost {
		err = errors.Join(err, d.db.Close())
	}
	return err
}
