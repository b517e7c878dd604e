package rdb

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// File reads a file key by key.
type File struct {
	Version   int
	Preamble  bool     // the file says that commands follow
	Functions [][]byte // the sources of the libraries read so far
	Modules   int      // how often data of modules beside keys was left out

	r    reader
	next Key
	db   uint64
}

// Key is a key of a file. Its bytes are borrowed until the next one.
type Key struct {
	DB       uint64
	Name     []byte
	Deadline int64 // Unix milliseconds, 0 for none
	Idle     int64 // seconds since it was used, -1 if that is not told
	Freq     int   // how often it is used, -1 if that is not told
	Offset   int64 // where it begins
	Payload  Payload
	Empty    bool // the value has no elements: Redis leaves such keys out
}

const magic = "REDIS"

// BufferSize is how much is read and written at once, in bytes.
const BufferSize = 256 << 10

// NewFile begins to read a file. If src is a bufio.Reader with a buffer of at least BufferSize, nothing behind the end of the file is taken from it.
func NewFile(src io.Reader) (*File, error) {
	f := &File{}
	f.r.src = bufio.NewReaderSize(src, BufferSize)
	head := f.r.bytes(nil, uint64(len(magic)+4))
	if f.r.err != nil {
		return nil, f.r.err
	}
	version, err := strconv.Atoi(string(head[len(magic):]))
	if string(head[:len(magic)]) != magic || err != nil {
		return nil, &FormatError{0, "not an RDB file"}
	}
	if version < minVersion || version > maxVersion {
		return nil, &FormatError{int64(len(magic)), fmt.Sprintf("version %d of the format; versions %d to %d can be read", version, minVersion, maxVersion)}
	}
	f.Version = version
	return f, f.about()
}

// about reads what the file says about itself at its beginning.
func (f *File) about() error {
	r := &f.r
	for r.err == nil {
		if op, err := r.src.Peek(1); err != nil || op[0] != opAux {
			return nil // what is wrong is found when the first key is read
		}
		r.byte()
		name := string(r.string())
		text := string(r.string())
		if (name == "aof-base" || name == "aof-preamble") && text == "1" { // since Redis 7.0, and since 4.0
			f.Preamble = true
		}
	}
	return r.err
}

// Offset returns how many bytes have been read.
func (f *File) Offset() int64 { return f.r.off }

// Next reads the next key. The end of the file, when its checksum is right, is io.EOF.
func (f *File) Next() (*Key, error) {
	r := &f.r
	k := &f.next
	*k = Key{DB: f.db, Name: k.Name, Payload: k.Payload[:0], Idle: -1, Freq: -1, Offset: r.off}
	for r.err == nil {
		switch op := r.byte(); op {
		case opEOF:
			return nil, f.end()
		case opSelect:
			f.db = r.length()
			k.DB, k.Offset = f.db, r.off
		case opResize:
			r.length()
			r.length()
		case opAux:
			r.string()
			r.string()
		case opExpire:
			k.Deadline = int64(int32(r.uint32())) * 1000
		case opExpireMS:
			k.Deadline = int64(r.uint64())
		case opIdle:
			k.Idle = int64(min(r.length(), 1<<40))
		case opFreq:
			k.Freq = int(r.byte())
		case opFunction:
			f.Functions = append(f.Functions, append([]byte(nil), r.string()...))
		case opFunctionOld:
			r.fail("functions of a release candidate of Redis 7.0")
		case opModuleAux:
			f.moduleAux()
		default:
			if r.err != nil {
				return nil, r.err
			}
			return k, f.key(Type(op))
		}
	}
	return nil, r.err
}

// key reads a key and its value.
func (f *File) key(t Type) error {
	r, k := &f.r, &f.next
	at := r.at
	k.Name = append(k.Name[:0], r.string()...)
	if t.Kind() == 0 && r.err == nil {
		r.at = at
		if t == typeModule || t == typeModuleOld {
			r.fail("value of a module")
		} else {
			r.fail(fmt.Sprintf("unknown type %d of value", t))
		}
	}
	k.Payload = append(k.Payload[:0], byte(t))
	r.kept = &k.Payload
	err := r.value(t, func(*Item) error { return nil })
	r.kept = nil
	if errors.Is(err, ErrEmpty) {
		k.Empty, err = true, nil
	}
	k.Payload = seal(k.Payload, 0, f.Version)
	return err
}

// end checks the checksum behind the last key; 0 stands for none.
func (f *File) end() error {
	r := &f.r
	want := r.crc
	got := r.uint64()
	switch {
	case r.err != nil:
		return r.err
	case got != 0 && got != want:
		r.fail("wrong checksum: the file is damaged")
		return r.err
	}
	return io.EOF
}

// The forms of values of modules.
const (
	moduleEnd = iota
	moduleSigned
	moduleUnsigned
	moduleFloat
	moduleDouble
	moduleString
)

// moduleAux passes over data of a module that belongs to no key.
func (f *File) moduleAux() {
	r := &f.r
	f.Modules++
	r.length() // which module
	for r.err == nil {
		switch r.length() {
		case moduleEnd:
			return
		case moduleSigned, moduleUnsigned:
			r.length()
		case moduleFloat:
			r.uint32()
		case moduleDouble:
			r.uint64()
		case moduleString:
			r.string()
		default:
			r.fail("bad data of a module")
		}
	}
}
