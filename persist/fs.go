package persist

import (
	"io"
	"os"
)

// FS is the operating system as far as the store calls it itself; buntdb writes records through descriptors of its own.
// The first argument says why the call is made, so that a test can fail exactly one.
type FS interface {
	OpenFile(why, path string, flag int, perm os.FileMode) (File, error)
	ReadDir(why, dir string) ([]os.DirEntry, error)
	Rename(why, from, to string) error
	Remove(why, path string) error
	// SyncDir makes renames and removals in dir durable.
	SyncDir(why, dir string) error
}

// File is an open file of an FS.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	// Sync makes the file's bytes and its length durable.
	Sync() error
}

// Reasons given to FS.
const (
	whyLoad         = "load"
	whyRecover      = "recover"
	whyCreate       = "create"
	whySyncJournal  = "sync journal"
	whySyncSnapshot = "sync snapshot"
	whyPublish      = "publish"
	whyCleanup      = "cleanup"
)

// osFS is the real one.
type osFS struct{}

func (osFS) OpenFile(_, path string, flag int, perm os.FileMode) (File, error) {
	f, err := os.OpenFile(path, flag, perm)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) ReadDir(_, dir string) ([]os.DirEntry, error) { return os.ReadDir(dir) }

func (osFS) Rename(_, from, to string) error { return os.Rename(from, to) }

func (osFS) Remove(_, path string) error { return os.Remove(path) }

func (osFS) SyncDir(_, dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f osFile) Sync() error { return datasync(f.File) }
