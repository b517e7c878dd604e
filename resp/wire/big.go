package wire

const (
	// bigAtOnce is how much of an announced argument is allocated before its
	// bytes have come.
	bigAtOnce = 1 << 20
	// bigGrowth is the factor between two allocations. The last one has the
	// announced length exactly and the one before a quarter of it, so a client that
	// only announces 512 MB costs less than 1 MB, and one that sends them 1.34
	// times their size until the garbage collector has run.
	bigGrowth = 4
)

// bigBulk collects an argument of at least BigArg bytes in its own allocation.
func (r *Reader) bigBulk() ([]byte, bool) {
	if r.big == nil {
		have := min(r.bulk, r.end-r.pos)
		r.big = make([]byte, firstAllocation(r.bulk))
		r.got = copy(r.big, r.buf.chunk[r.pos:r.pos+have])
		r.pos += r.got
		r.hasBig = true
	}
	if r.got < r.bulk || r.end-r.pos < 2 {
		return nil, false
	}
	r.pos += 2
	arg := r.big
	r.big, r.got = nil, 0
	return arg, true
}

func firstAllocation(length int) int {
	for length > bigAtOnce {
		length = (length + bigGrowth - 1) / bigGrowth
	}
	return length
}

func (r *Reader) bigSpace() []byte {
	if r.got == len(r.big) {
		grown := make([]byte, min(r.bulk, bigGrowth*len(r.big)))
		copy(grown, r.big)
		r.big = grown
	}
	return r.big[r.got:]
}
