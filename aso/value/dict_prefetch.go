package value

// prefetch touches the memory that look-ups of keys will touch: their slots, and then the entries these name. One after the other the
// look-ups would wait for main memory twice each; here the waits of all of them overlap.
func (d *dict) prefetch(keys [][]byte) (sink byte) {
	const smallest = 4096 // slots of a dict that is not in the processor's caches anyway
	if len(d.table.slots) < smallest {
		return 0
	}
	var hashes [64]uint64
	for len(keys) > 0 {
		n := min(len(keys), len(hashes))
		for i, key := range keys[:n] {
			hashes[i] = d.hash(key)
			sink += byte(d.table.slots[hashes[i]&d.table.mask])
		}
		for _, hash := range hashes[:n] {
			if ref := d.likely(hash); ref != 0 {
				sink += d.blocks.bytes(ref)[0]
			}
		}
		keys = keys[n:]
	}
	return sink
}

// likely returns the reference of an entry near the home of hash that may be that of a key with this hash, or 0.
func (d *dict) likely(hash uint64) uint64 {
	const near = 8 // slots in a cache line
	for i := range uint64(near) {
		w := d.table.slots[(hash+i)&d.table.mask]
		switch {
		case w == 0:
			return 0
		case w>>refBits == hash:
			return w & refMask
		}
	}
	return 0
}
