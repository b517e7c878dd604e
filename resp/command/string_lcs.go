package command

import "comet/aso"

const (
	errLCSKeys   = aso.Error("ERR The specified keys must contain string values")
	errLCSBoth   = aso.Error("ERR If you want both the length and indexes, please just use IDX.")
	errLCSMemory = aso.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
)

// lcsOptions are those of LCS.
type lcsOptions struct {
	index, length, withLength bool
	minLength                 int64
}

// lcs replies with the longest common subsequence of two strings, its length, or where it stands in them.
func lcs(c *Call) error {
	a, _, errA := c.Tx.String(c.Arg(1))
	b, _, errB := c.Tx.String(c.Arg(2))
	if errA != nil || errB != nil {
		return errLCSKeys
	}
	o, err := c.lcsOptions()
	if err != nil {
		return err
	}
	const cell = 4 // bytes of a cell of the table
	if (int64(len(a))+1)*(int64(len(b))+1)*cell > c.Server.config.ProtoMaxBulkLen.Load() {
		return errLCSMemory
	}
	if o.length {
		c.Reply.Int(int64(lcsLength(a, b)))
		return nil
	}
	t := newLCSTable(a, b)
	if o.index {
		t.replyIndex(c, &o)
		return nil
	}
	c.Reply.Bulk(t.subsequence())
	return nil
}

func (c *Call) lcsOptions() (o lcsOptions, err error) {
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "IDX"):
			o.index = true
		case c.Is(i, "LEN"):
			o.length = true
		case c.Is(i, "WITHMATCHLEN"):
			o.withLength = true
		case c.Is(i, "MINMATCHLEN") && i+1 < len(c.Args):
			i++
			if o.minLength, err = c.Int(i); err != nil {
				return o, err
			}
		default:
			return o, errSyntax
		}
	}
	if o.index && o.length {
		return o, errLCSBoth
	}
	return o, nil
}

// lcsLength returns the length of the longest common subsequence, in memory proportional to b.
func lcsLength(a, b []byte) uint32 {
	above, row := make([]uint32, len(b)+1), make([]uint32, len(b)+1)
	for _, ch := range a {
		lcsRow(row, above, ch, b)
		above, row = row, above
	}
	return above[len(b)]
}

// lcsRow fills the row of the table for the character ch: cell j is the length for what is before j in b.
func lcsRow(row, above []uint32, ch byte, b []byte) {
	for j, other := range b {
		if ch == other {
			row[j+1] = above[j] + 1
		} else {
			row[j+1] = max(above[j+1], row[j])
		}
	}
}

// lcsTable holds, at row i and column j, the length of the longest common subsequence of a[:i] and b[:j].
type lcsTable struct {
	a, b  []byte
	cells []uint32
}

func newLCSTable(a, b []byte) *lcsTable {
	t := &lcsTable{a, b, make([]uint32, (len(a)+1)*(len(b)+1))}
	for i, ch := range a {
		lcsRow(t.row(i+1), t.row(i), ch, b)
	}
	return t
}

func (t *lcsTable) row(i int) []uint32 {
	width := len(t.b) + 1
	return t.cells[i*width : (i+1)*width]
}

func (t *lcsTable) length() int { return int(t.row(len(t.a))[len(t.b)]) }

// eachRange calls fn for each run of the subsequence that is contiguous in both strings, from the last to the first.
func (t *lcsTable) eachRange(fn func(i, j, n int)) {
	i, j, n := len(t.a), len(t.b), 0
	for i > 0 && j > 0 {
		if t.a[i-1] == t.b[j-1] {
			i, j, n = i-1, j-1, n+1
			continue
		}
		if n > 0 {
			fn(i, j, n)
			n = 0
		}
		if t.row(i - 1)[j] > t.row(i)[j-1] {
			i--
		} else {
			j--
		}
	}
	if n > 0 {
		fn(i, j, n)
	}
}

func (t *lcsTable) subsequence() []byte {
	s := make([]byte, t.length())
	end := len(s)
	t.eachRange(func(i, _, n int) {
		copy(s[end-n:], t.a[i:i+n])
		end -= n
	})
	return s
}

// replyIndex replies with the runs of the subsequence that are long enough, and its length.
func (t *lcsTable) replyIndex(c *Call, o *lcsOptions) {
	c.Reply.Map(2)
	c.Reply.BulkString("matches")
	matches, at := 0, c.Reply.Defer()
	t.eachRange(func(i, j, n int) {
		if int64(n) < o.minLength {
			return
		}
		matches++
		c.replyMatch(i, j, n, o.withLength)
	})
	c.Reply.SetArray(at, matches)
	replyInt(c.Reply, "len", int64(t.length()))
}

func (c *Call) replyMatch(i, j, n int, withLength bool) {
	if withLength {
		c.Reply.Array(3)
	} else {
		c.Reply.Array(2)
	}
	for _, start := range [...]int{i, j} {
		c.Reply.Array(2)
		c.Reply.Int(int64(start))
		c.Reply.Int(int64(start + n - 1))
	}
	if withLength {
		c.Reply.Int(int64(n))
	}
}
