package value

// Entries of a dict lie in blocks of bytes. A reference to an entry is the
// number of its block and its offset there in units of 4 bytes, so a dict
// holds up to 128 GiB, and 2 Mi entries of more than 16 KiB.
const (
	blockSize  = 64 << 10
	ownBlock   = 16 << 10 // an entry of more bytes has a block to itself
	firstBlock = 512
	entryAlign = 4
	offsetBits = 14
	offsetMask = 1<<offsetBits - 1
)

// block is a piece of append-only memory: whole entries, some of them dead.
type block struct {
	buf  []byte
	dead int // bytes of dead entries
}

// blocks is an allocator of entries. Block 0 is not used, so no reference is 0.
type blocks struct {
	list  []block
	free  []uint32 // numbers of dropped blocks
	cur   uint32   // the block that is being filled, or 0
	held  int      // bytes of memory in all blocks
	spare []byte   // a dropped block kept for reuse

	// sparse are blocks that became worth compacting.
	sparse []uint32
}

// alloc makes room for an entry of n bytes.
func (s *blocks) alloc(n int) (ref uint64, entry []byte) {
	n = align(n)
	if n > ownBlock {
		i := s.add(make([]byte, n))
		return uint64(i) << offsetBits, s.list[i].buf
	}
	b := s.current(n)
	at := len(b.buf)
	b.buf = b.buf[:at+n]
	return uint64(s.cur)<<offsetBits | uint64(at/entryAlign), b.buf[at:]
}

// current is the block that is being filled, with room for n more bytes.
func (s *blocks) current(n int) *block {
	if s.cur != 0 {
		if b := &s.list[s.cur]; len(b.buf)+n <= cap(b.buf) {
			return b
		}
	}
	full := s.cur
	s.cur = s.add(s.memory(n))
	if full != 0 && s.isSparse(full) {
		s.sparse = append(s.sparse, full)
	}
	return &s.list[s.cur]
}

// memory makes an empty block for at least n bytes. Blocks grow with the dict
// so that the unused rest is at most a quarter of it.
func (s *blocks) memory(n int) []byte {
	if s.spare != nil {
		b := s.spare
		s.spare = nil
		return b[:0]
	}
	size := max(min(s.held/4, blockSize), firstBlock, n)
	return make([]byte, 0, size)
}

func (s *blocks) add(buf []byte) uint32 {
	s.held += cap(buf)
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		s.list[i] = block{buf: buf}
		return i
	}
	if len(s.list) == 0 {
		s.list = append(s.list, block{})
	}
	s.list = append(s.list, block{buf: buf})
	return uint32(len(s.list) - 1)
}

// bytes is the memory from the entry at ref to the end of its block.
func (s *blocks) bytes(ref uint64) []byte {
	return s.list[ref>>offsetBits].buf[ref&offsetMask*entryAlign:]
}

// release says that the entry of n bytes at ref is dead.
func (s *blocks) release(ref uint64, n int) {
	i := uint32(ref >> offsetBits)
	b := &s.list[i]
	b.dead += align(n)
	switch {
	case i == s.cur:
		if b.dead == len(b.buf) {
			b.buf, b.dead = b.buf[:0], 0
		}
	case b.dead == len(b.buf):
		s.drop(i)
	case s.isSparse(i):
		s.sparse = append(s.sparse, i)
	}
}

// isSparse reports whether a block is full and more than half dead.
func (s *blocks) isSparse(i uint32) bool {
	b := &s.list[i]
	return i != s.cur && b.dead*2 > len(b.buf)
}

// nextSparse takes a block to compact, or 0.
func (s *blocks) nextSparse() uint32 {
	for n := len(s.sparse); n > 0; n-- {
		i := s.sparse[n-1]
		s.sparse = s.sparse[:n-1]
		if s.isSparse(i) { // not dropped since
			return i
		}
	}
	return 0
}

// drop gives up a block.
func (s *blocks) drop(i uint32) {
	buf := s.list[i].buf
	s.held -= cap(buf)
	if cap(buf) == blockSize && len(s.list) > 8 {
		s.spare = buf
	}
	s.list[i] = block{}
	s.free = append(s.free, i)
}

func (s *blocks) clone() blocks {
	c := blocks{list: make([]block, len(s.list)), cur: s.cur, held: s.held}
	c.free = append(c.free, s.free...)
	for i, b := range s.list {
		if b.buf != nil {
			buf := make([]byte, len(b.buf), cap(b.buf))
			copy(buf, b.buf)
			c.list[i] = block{buf: buf, dead: b.dead}
		}
	}
	return c
}

func align(n int) int { return (n + entryAlign - 1) &^ (entryAlign - 1) }
