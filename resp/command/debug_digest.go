package command

import (
	"crypto/sha1" //nolint:gosec // the format is Redis'; nothing is protected by it
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"comet/aso"
	"comet/aso/value"
	"comet/resp/wire"
)

// digest is how DEBUG DIGEST tells whether two data sets are the same. Equal values have equal digests, whatever their encoding and the order of their
// members, and they are those of Redis. Handlers and their state do not count.
type digest [sha1.Size]byte

// xor adds b so that the order of additions does not matter.
func (d *digest) xor(b []byte) {
	sum := sha1.Sum(b) //nolint:gosec // as above
	for i := range d {
		d[i] ^= sum[i]
	}
}

// mix adds b so that the order of additions matters.
func (d *digest) mix(b []byte) {
	d.xor(b)
	*d = sha1.Sum(d[:]) //nolint:gosec // as above
}

func (d *digest) mixNumber(n int) { d.mix(binary.BigEndian.AppendUint32(nil, uint32(n))) }

// debugDigest replies with the digest of all databases.
func debugDigest(c *Call) error {
	var all digest
	var failed error
	for db := range c.Server.ks.Databases() {
		c.inDatabase(db, func() {
			empty := true
			for cursor, more := uint64(0), true; more; more = cursor != 0 {
				var keys [][]byte
				cursor = c.Tx.Scan(cursor, 1000, func(key []byte, _ aso.Kind) { keys = append(keys, append([]byte(nil), key...)) })
				if empty && len(keys) > 0 {
					empty = false
					all.mixNumber(db)
				}
				for _, key := range keys {
					var one digest
					one.mix(key)
					if err := c.addDigest(&one, key); err != nil {
						failed = err
					}
					all.xor(one[:])
				}
			}
		})
	}
	if failed == nil {
		c.Reply.Status(hex.EncodeToString(all[:]))
	}
	return failed
}

// debugDigestValue replies with the digest of the value of each key.
func debugDigestValue(c *Call) error {
	c.Reply.Array(len(c.Args) - 2)
	for _, key := range c.Args[2:] {
		var d digest
		if err := c.addDigest(&d, key); err != nil {
			return err
		}
		c.Reply.Status(hex.EncodeToString(d[:]))
	}
	return nil
}

// kindNumbers are Redis' numbers of types.
var kindNumbers = map[aso.Kind]int{
	aso.KindString: 0, aso.KindList: 1, aso.KindSet: 2, aso.KindZSet: 3, aso.KindHash: 4, aso.KindStream: 6,
}

// addDigest adds the value at key, and that it will expire.
func (c *Call) addDigest(d *digest, key []byte) error {
	kind := c.Tx.Kind(key)
	number, ok := kindNumbers[kind]
	if !ok {
		return nil // there is no value
	}
	d.mixNumber(number)
	err := c.addValue(d, key, kind)
	if at, _ := c.Tx.Deadline(key); at != 0 {
		d.xor([]byte("!!expire!!"))
	}
	return err
}

func (c *Call) addValue(d *digest, key []byte, kind aso.Kind) error {
	switch kind {
	case aso.KindString:
		s, _, err := c.Tx.String(key)
		d.mix(s)
		return err
	case aso.KindList:
		l, err := c.Tx.List(key)
		l.Ascend(0, func(v []byte) bool { d.mix(v); return true })
		return err
	case aso.KindSet:
		s, err := c.Tx.Set(key)
		s.Each(func(member []byte) bool { d.xor(member); return true })
		return err
	case aso.KindZSet:
		z, err := c.Tx.ZSet(key)
		z.Ascend(0, func(member []byte, score float64) bool { d.pair(member, wire.AppendDouble(nil, score)); return true })
		return err
	case aso.KindHash:
		h, err := c.Tx.Hash(key)
		h.Each(func(field, v []byte) bool { d.pair(field, v); return true })
		return err
	}
	s, err := c.Tx.Stream(key)
	s.Ascend(value.StreamID{}, func(e *value.StreamEntry) bool {
		d.mix(fmt.Appendf(nil, "%d.%d", e.ID.Ms, e.ID.Seq))
		e.Each(func(field, v []byte) { d.mix(field); d.mix(v) })
		return true
	})
	return err
}

// pair adds what belongs together, in any order with others.
func (d *digest) pair(a, b []byte) {
	var one digest
	one.mix(a)
	one.mix(b)
	d.xor(one[:])
}
