package command

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"comet/aso"
	"comet/aso/value"
)

const (
	errNoHLL     = aso.Error("ERR The specified key does not exist")
	errHLLSparse = aso.Error("ERR HLL encoding is not sparse")
)

// pfdebug tells what a HyperLogLog is made of, or makes it dense.
func pfdebug(c *Call) error {
	key := c.Arg(2)
	b, found, err := c.hll(key)
	switch {
	case err != nil:
		return err
	case !found:
		return errNoHLL
	}
	switch {
	case c.Is(1, "GETREG"):
		return c.replyRegisters(key, b)
	case c.Is(1, "DECODE"):
		return c.replyRuns(b)
	case c.Is(1, "ENCODING"):
		if value.HLLIsDense(b) {
			c.Reply.Status("dense")
		} else {
			c.Reply.Status("sparse")
		}
		return nil
	case c.Is(1, "TODENSE"):
		c.intBool(!value.HLLIsDense(b))
		_, err := c.makeDense(key, b)
		return err
	}
	return aso.Error("ERR Unknown PFDEBUG subcommand '" + quotable(c.Arg(1)) + "'")
}

// makeDense makes the HyperLogLog b at key dense and returns it.
func (c *Call) makeDense(key, b []byte) ([]byte, error) {
	if value.HLLIsDense(b) {
		return b, nil
	}
	dense, ok := value.HLLToDense(b)
	if !ok {
		return nil, errCorruptHLL
	}
	return dense, c.Tx.SetRawString(key, dense, aso.KeepDeadline)
}

// replyRegisters replies with all registers, and leaves the HyperLogLog dense, as Redis does.
func (c *Call) replyRegisters(key, b []byte) error {
	dense, err := c.makeDense(key, b)
	if err != nil {
		return err
	}
	var registers value.HLLRegisters
	registers.Merge(dense)
	c.Reply.Array(len(registers))
	for _, rank := range registers {
		c.Reply.Int(int64(rank))
	}
	return nil
}

// replyRuns replies with the runs of a sparse HyperLogLog.
func (c *Call) replyRuns(b []byte) error {
	if value.HLLIsDense(b) {
		return errHLLSparse
	}
	var text []byte
	for i, run := range value.HLLRuns(b) {
		if i > 0 {
			text = append(text, ' ')
		}
		switch {
		case run.Wide:
			text = fmt.Appendf(text, "Z:%d", run.N)
		case run.Rank == 0:
			text = fmt.Appendf(text, "z:%d", run.N)
		default:
			text = fmt.Appendf(text, "v:%d,%d", run.Rank, run.N)
		}
	}
	c.Reply.Bulk(text)
	return nil
}

// pfselftest counts up to a million different elements, and compares the sparse with the dense form and both with the truth.
func pfselftest(c *Call) error {
	most := int(c.Server.config.HLLSparseMaxBytes.Load())
	dense, _ := value.HLLToDense(value.NewHLL())
	sparse := value.NewHLL()
	seed := rand.Uint64()
	checkpoint := uint64(1)
	for n := uint64(1); n <= 1_000_000; n++ {
		var element [8]byte
		binary.LittleEndian.PutUint64(element[:], n^seed)
		register, rank := value.HLLRank(element[:])
		dense, _, _ = value.HLLSet(dense, register, rank, most)
		sparse, _, _ = value.HLLSet(sparse, register, rank, most)
		if n < checkpoint {
			continue
		}
		if err := checkHLL(dense, sparse, n, most); err != nil {
			return err
		}
		checkpoint *= 10
	}
	c.OK()
	return nil
}

// checkHLL returns what is wrong with two HyperLogLogs of n elements.
func checkHLL(dense, sparse []byte, n uint64, most int) error {
	count, _ := value.HLLEstimate(dense)
	other, _ := value.HLLEstimate(sparse)
	off := math.Abs(float64(n) - float64(count))
	allowed := max(1, math.Ceil(1.04/128*6*float64(n))) // six standard errors
	switch {
	case n < uint64(most/2) && value.HLLIsDense(sparse):
		return aso.Error("TESTFAILED sparse encoding not used")
	case count != other:
		return aso.Error("TESTFAILED dense/sparse disagree")
	case off > allowed:
		return aso.Error(fmt.Sprintf("TESTFAILED Too big error. card:%d abserr:%.0f", n, off))
	}
	return nil
}
