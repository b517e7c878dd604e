package command

import (
	"strconv"

	"comet/aso/value"
)

// zscan replies with some members and their scores, and the cursor for the next ones.
func zscan(c *Call) error {
	cursor, err := c.cursor(2)
	if err != nil {
		return err
	}
	z, err := c.Tx.ZSet(c.Arg(1))
	if err != nil {
		return err
	}
	packed := z.Encoding() == "listpack"
	return c.scanCollection(z, func(o *scanOptions, found *scanReply) uint64 {
		var text [32]byte
		return z.Scan(cursor, o.count, func(member []byte, score float64) {
			if o.matches(member) {
				found.add(member)
				found.add(appendScanned(text[:0], score, packed))
			}
		})
	})
}

// appendScanned appends a score as ZSCAN shows it. A listpack keeps whole numbers as such, up to half the range of int64.
func appendScanned(dst []byte, score float64, packed bool) []byte {
	const whole = 1 << 62
	if packed && -whole <= score && score <= whole && score == float64(int64(score)) {
		return strconv.AppendInt(dst, int64(score), 10)
	}
	return value.AppendFloat(dst, score)
}
