package persist

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
)

const readWindow = 1 << 20

// reader walks the records of one file in order and believes nothing: every byte of a record is covered by a check, and no
// length is believed beyond what the file holds.
type reader struct {
	file   File
	size   int64
	offset int64  // of the next record
	fileID uint64 // known after the first record
	window []byte // the file from offset on, as far as read
	buf    []byte // backs window
}

// record is one record; body is valid until the next call of next.
type record struct {
	header
	body []byte
}

func newReader(file File) (*reader, error) {
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	return &reader{file: file, size: size, buf: make([]byte, min(size, readWindow))}, nil
}

// formatError is a record that fails a check, as opposed to a file that cannot be read.
type formatError struct{ reason error }

func (e *formatError) Error() string { return e.reason.Error() }
func (e *formatError) Unwrap() error { return e.reason }

func broken(reason error) error { return &formatError{reason} }

// open reads the first record, which says what the file is.
func (r *reader) open() (header, fileInfo, error) {
	rec, err := r.next()
	if err == io.EOF {
		return header{}, fileInfo{}, broken(errCutShort)
	}
	if err != nil {
		return header{}, fileInfo{}, err
	}
	if rec.kind != kindFile {
		return header{}, fileInfo{}, broken(errNotARecord)
	}
	info, err := parseFileInfo(rec.body)
	if err != nil {
		return header{}, fileInfo{}, broken(err)
	}
	r.fileID = rec.fileID
	return rec.header, info, nil
}

// next returns the record at offset and moves behind it. At the end of the file it returns io.EOF; at a record that fails a
// check, a formatError, and offset stays.
func (r *reader) next() (record, error) {
	if r.offset == r.size {
		return record{}, io.EOF
	}
	if err := r.fill(int64(frameHead + headerSize)); err != nil {
		return record{}, err
	}
	start, length, err := parseFrame(r.window)
	if err != nil {
		return record{}, broken(err)
	}
	total := int64(start) + length + int64(len(frameEnd))
	if len(r.window) < start+headerSize {
		return record{}, broken(errCutShort)
	}
	h, err := parseHeader(r.window[start:])
	switch {
	case err != nil:
		return record{}, broken(err)
	case h.bodyLen != uint64(length-headerSize):
		return record{}, broken(errNotARecord)
	case r.offset > 0 && h.fileID != r.fileID:
		return record{}, broken(fmt.Errorf("record of another file: %w", errNotARecord))
	case total > r.size-r.offset:
		return record{}, broken(errCutShort)
	}
	if err := r.fill(total); err != nil {
		return record{}, err
	}
	body := r.window[start+headerSize : total-int64(len(frameEnd))]
	if string(r.window[total-int64(len(frameEnd)):total]) != frameEnd {
		return record{}, broken(errNotARecord)
	}
	if crc32.Checksum(body, castagnoli) != h.bodyCRC {
		return record{}, broken(errBodyCRC)
	}
	r.window = r.window[total:]
	r.offset += total
	return record{header: h, body: body}, nil
}

// fill makes window hold n bytes, or all that the file has left.
func (r *reader) fill(n int64) error {
	n = min(n, r.size-r.offset)
	have := int64(len(r.window))
	if have >= n {
		return nil
	}
	if n > int64(len(r.buf)) {
		grown := make([]byte, max(n, min(2*int64(len(r.buf)), r.size)))
		copy(grown, r.window)
		r.buf = grown
	} else {
		copy(r.buf, r.window)
	}
	want := min(int64(len(r.buf)), r.size-r.offset)
	if _, err := r.file.ReadAt(r.buf[have:want], r.offset+have); err != nil {
		return fmt.Errorf("read at offset %d: %w", r.offset+have, err)
	}
	r.window = r.buf[:want]
	return nil
}

// validAfter looks behind a bad record at offset for a whole record of the same file, which tells damage in the middle from a
// torn tail. Random file ids keep user data that looks like records from being taken for one. A file made to keep the search
// busy is treated as damaged.
func (r *reader) validAfter() (bool, error) {
	budget := 4*(r.size-r.offset) + readWindow
	chunk := make([]byte, min(readWindow, r.size-r.offset))
	for at := r.offset + 1; at < r.size; {
		n := min(int64(len(chunk)), r.size-at)
		if _, err := r.file.ReadAt(chunk[:n], at); err != nil {
			return false, fmt.Errorf("read at offset %d: %w", at, err)
		}
		for pos := 0; ; {
			found := bytes.Index(chunk[pos:n], []byte(frameStart))
			if found < 0 {
				break
			}
			ok, cost, err := r.validAt(at + int64(pos+found))
			if err != nil {
				return false, err
			}
			if budget -= cost; ok || budget < 0 {
				return true, nil
			}
			pos += found + 1
		}
		if at+n == r.size {
			return false, nil
		}
		at += n - int64(len(frameStart)) + 1
	}
	return false, nil
}

// validAt tries the record at an offset, and says how many bytes of bodies it read for that.
func (r *reader) validAt(offset int64) (ok bool, cost int64, err error) {
	size := min(int64(frameHead+headerSize), r.size-offset)
	probe := &reader{file: r.file, size: r.size, offset: offset, fileID: r.fileID, buf: make([]byte, size)}
	_, err = probe.next()
	cost = int64(len(probe.buf)) - size
	if _, bad := err.(*formatError); bad {
		return false, cost, nil
	}
	return err == nil, cost, err
}
