package wire

import "sync"

const (
	// chunkSize leaves room for a line of maxLine bytes and the rest of a read.
	chunkSize = 72 << 10
	// minSpace is the least room worth a read.
	minSpace = 16 << 10
	// maxStash is the longest incomplete command kept without a chunk.
	maxStash = 4 << 10
	// maxPooledArgs bounds the argument slots kept with a pooled buffer.
	maxPooledArgs = 16 << 10
)

// buffer is what a connection borrows while bytes are there: a chunk to read
// into and the slots for the arguments found in it.
type buffer struct {
	chunk [chunkSize]byte
	args  [][]byte
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

func (b *buffer) release() { buffers.Put(b) }

// Space returns where the next bytes from the client belong; tell Filled how many
// came. It is valid until the next call of any method, and is never empty when
// Next has said that it needs more.
func (r *Reader) Space() []byte {
	if r.bulk >= BigArg && r.got < r.bulk {
		return r.bigSpace()
	}
	if r.buf == nil {
		r.attach()
	}
	if chunkSize-r.end < minSpace && r.pos > 0 {
		r.makeSpace()
	}
	return r.buf.chunk[r.end:]
}

// Filled adds the n bytes that were read into Space.
func (r *Reader) Filled(n int) {
	if r.bulk >= BigArg && r.got < r.bulk {
		r.got += n
		return
	}
	r.end += n
}

func (r *Reader) attach() {
	r.buf = takeBuffer()
	r.args = r.buf.args
	r.end = copy(r.buf.chunk[:], r.stash)
	r.stash = nil
}

// makeSpace moves what is unparsed to the front of a chunk: of the same one when
// no argument points into it, else of a new one.
func (r *Reader) makeSpace() {
	rest := r.buf.chunk[r.pos:r.end]
	if len(r.args) > 0 || r.left > 0 {
		r.buf.args = nil // they are in use; two buffers of the pool must never share them
		r.full = append(r.full, r.buf)
		r.buf = takeBuffer()
		if r.left > 0 && r.start >= 0 {
			r.firstFull = len(r.full) - 1
		}
		r.start = -1
	}
	r.end = copy(r.buf.chunk[:], rest)
	r.pos = 0
}

// Release ends the loan of all arguments returned so far and makes room for more
// bytes. A command that is still incomplete is kept.
func (r *Reader) Release() {
	if r.buf == nil {
		return
	}
	if r.left > 0 {
		if r.start <= 0 || r.hasBig {
			r.keepIncomplete()
			return
		}
		r.rewind()
	}
	r.dropFull(len(r.full))
	clear(r.args)
	r.args = r.args[:0]
	if r.pos > 0 {
		r.end = copy(r.buf.chunk[:], r.buf.chunk[r.pos:r.end])
		r.pos = 0
	}
}

// rewind forgets the progress in an incomplete command that lies wholly in the
// current chunk, so that it can be moved. Release does so only when a command
// before it is done, so scanning again costs no more than the chunk.
func (r *Reader) rewind() {
	r.pos = r.start
	r.left, r.bulk, r.scanned, r.size = 0, -1, 0, 0
}

func (r *Reader) keepIncomplete() {
	if r.start >= 0 {
		r.firstFull = len(r.full)
	}
	r.dropFull(r.firstFull)
	r.firstFull = 0
	if r.first == 0 {
		return
	}
	n := copy(r.args, r.args[r.first:])
	clear(r.args[n:])
	r.args, r.first = r.args[:n], 0
}

func (r *Reader) dropFull(n int) {
	for _, b := range r.full[:n] {
		b.release()
	}
	n = copy(r.full, r.full[n:])
	clear(r.full[n:])
	r.full = r.full[:n]
}

// Idle gives the chunk back before a wait for the client, unless an incomplete
// command of some size is in it. Call it after Release.
func (r *Reader) Idle() {
	if r.buf == nil || len(r.full) > 0 {
		return
	}
	from := r.pos
	if r.left > 0 {
		from = r.start
	}
	if from < 0 || r.hasBig && r.left > 0 || r.end-from > maxStash {
		return
	}
	if r.left > 0 {
		r.rewind()
	}
	if from < r.end {
		r.stash = append([]byte(nil), r.buf.chunk[from:r.end]...)
	}
	r.detach()
}

// Close gives all memory back. The Reader must not be used afterwards.
func (r *Reader) Close() {
	r.dropFull(len(r.full))
	r.big, r.stash, r.left, r.bulk = nil, nil, 0, -1
	if r.buf != nil {
		r.detach()
	}
}

func (r *Reader) detach() {
	clear(r.args)
	r.buf.args = nil
	if cap(r.args) <= maxPooledArgs {
		r.buf.args = r.args[:0]
	}
	r.buf.release()
	r.buf, r.args = nil, nil
	r.pos, r.end, r.first, r.scanned = 0, 0, 0, 0
}

// Buffered returns the bytes received and not yet released, in bytes (qbuf of
// CLIENT LIST).
func (r *Reader) Buffered() int {
	return len(r.full)*chunkSize + r.end + r.got + len(r.stash)
}

// Capacity returns the memory the Reader holds, in bytes.
func (r *Reader) Capacity() int {
	n := len(r.full)*chunkSize + len(r.big) + cap(r.stash)
	if r.buf != nil {
		n += chunkSize
	}
	return n
}
