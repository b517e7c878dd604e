package value

// A sparse HyperLogLog is runs of registers with the same rank:
//
//	00nnnnnn           n+1 registers of rank 0
//	01nnnnnn nnnnnnnn  n+1 registers of rank 0, the upper bits first
//	1rrrrrnn           n+1 registers of rank r+1
const (
	sparseWide    = 0x40
	sparseRank    = 0x80
	sparseMaxRank = 32
	sparseMaxRun  = 4  // of a rank
	sparseMaxZero = 64 // of rank 0, in one byte
)

// sparseRun is a run at a place of a sparse HyperLogLog. A zero size is none.
type sparseRun struct {
	size int // bytes
	n    int // registers
	rank byte
}

// runAt returns the run at b[at].
func runAt(b []byte, at int) sparseRun {
	switch c := b[at]; {
	case c&sparseRank != 0:
		return sparseRun{1, int(c&3) + 1, c>>2&31 + 1}
	case c&sparseWide == 0:
		return sparseRun{1, int(c) + 1, 0}
	case at+1 == len(b):
		return sparseRun{}
	default:
		return sparseRun{2, int(c&63)<<8 + int(b[at+1]) + 1, 0}
	}
}

// eachSparse calls fn for each run of the sparse HyperLogLog b, with its first register. It reports whether the runs are all registers; if not, fn
// may have been called for some, none of them beyond the last register.
func eachSparse(b []byte, fn func(first, n int, rank byte)) (ok bool) {
	first := 0
	for at := hllHeader; at < len(b); {
		run := runAt(b, at)
		if run.size == 0 || first+run.n > hllRegisters {
			return false
		}
		fn(first, run.n, run.rank)
		first += run.n
		at += run.size
	}
	return first == hllRegisters
}

// appendZeros appends n registers of rank 0.
func appendZeros(b []byte, n int) []byte {
	switch {
	case n == 0:
		return b
	case n <= sparseMaxZero:
		return append(b, byte(n-1))
	}
	return append(b, sparseWide|byte((n-1)>>8), byte(n-1))
}

// appendRanks appends at most sparseMaxRun registers of a rank.
func appendRanks(b []byte, n int, rank byte) []byte {
	if n == 0 {
		return b
	}
	return append(b, sparseRank|(rank-1)<<2|byte(n-1))
}

// HLLSet raises a register of the HyperLogLog b, which may become dense when it would be longer than maxSparse bytes, and returns what b is then. It
// changes b in place, also its cached estimate's mark. ok is false if b is corrupt.
func HLLSet(b []byte, register int, rank byte, maxSparse int) (after []byte, changed, ok bool) {
	if HLLIsDense(b) {
		return b, setDense(b, register, rank), true
	}
	if rank > sparseMaxRank {
		return promote(b, register, rank)
	}
	at, before, first := runOf(b, register)
	if at == len(b) {
		return b, false, false
	}
	run := runAt(b, at)
	if run.size == 0 {
		return b, false, false
	}
	if run.rank >= rank {
		return b, false, true
	}
	var room [5]byte
	split := run.split(room[:0], register-first, rank)
	grows := len(split) - run.size
	if grows > 0 && len(b)+grows > maxSparse {
		return promote(b, register, rank)
	}
	b = replaceBytes(b, at, run.size, split)
	if before < 0 {
		before = hllHeader
	}
	b = mergeRuns(b, before)
	HLLMarkStale(b)
	return b, true, true
}

// runOf returns where the run of a register is, len(b) if nowhere, where the run before it is, -1 if it is the first, and its first register. It
// reads the runs as runAt does, in place: a HyperLogLog of a few dozen elements has twice as many.
func runOf(b []byte, register int) (at, before, first int) {
	before = -1
	for at = hllHeader; at < len(b); {
		c, size := b[at], 1
		n := int(c) + 1
		switch {
		case c&sparseRank != 0:
			n = int(c&3) + 1
		case c&sparseWide != 0 && at+1 < len(b):
			n, size = int(c&63)<<8+int(b[at+1])+1, 2
		case c&sparseWide != 0:
			return at, before, first
		}
		if register < first+n {
			return at, before, first
		}
		before, first = at, first+n
		at += size
	}
	return at, before, first
}

// split appends what run becomes when its register i gets another rank.
func (run sparseRun) split(dst []byte, i int, rank byte) []byte {
	if run.rank == 0 {
		return appendZeros(appendRanks(appendZeros(dst, i), 1, rank), run.n-1-i)
	}
	return appendRanks(appendRanks(appendRanks(dst, i, run.rank), 1, rank), run.n-1-i, run.rank)
}

// promote makes b dense and raises a register.
func promote(b []byte, register int, rank byte) (after []byte, changed, ok bool) {
	dense, ok := HLLToDense(b)
	if !ok {
		return b, false, false
	}
	return dense, setDense(dense, register, rank), true
}

// replaceBytes puts s in the place of n bytes of b from at on.
func replaceBytes(b []byte, at, n int, s []byte) []byte {
	end := len(b)
	if grows := len(s) - n; grows > 0 {
		b = append(b, s[:grows]...)
		copy(b[at+len(s):], b[at+n:end])
	}
	copy(b[at:], s) // it is never shorter
	return b
}

// mergeRuns joins runs of one rank that are neighbours, among the first five from at on, as far as a run can be long.
func mergeRuns(b []byte, at int) []byte {
	for left := 5; left > 0 && at < len(b); left-- {
		if b[at]&sparseRank == 0 {
			if b[at]&sparseWide != 0 {
				at++
			}
			at++
			continue
		}
		if at+1 < len(b) && b[at+1]&sparseRank != 0 {
			run, next := runAt(b, at), runAt(b, at+1)
			if run.rank == next.rank && run.n+next.n <= sparseMaxRun {
				appendRanks(b[:at], run.n+next.n, run.rank)
				b = append(b[:at+1], b[at+2:]...)
				continue
			}
		}
		at++
	}
	return b
}

// HLLRun is a run of registers of a sparse HyperLogLog.
type HLLRun struct {
	Wide bool // a run of rank 0 in two bytes
	N    int
	Rank byte
}

// HLLRuns returns the runs of the sparse HyperLogLog b, as far as they can be read.
func HLLRuns(b []byte) (runs []HLLRun) {
	for at := hllHeader; at < len(b); {
		run := runAt(b, at)
		if run.size == 0 {
			break
		}
		runs = append(runs, HLLRun{run.size == 2, run.n, run.rank})
		at += run.size
	}
	return runs
}
