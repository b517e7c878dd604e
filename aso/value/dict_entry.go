package value

// An entry is its key with the length in front, then the value. Values of a
// fixed size follow as they are. Others have a header, twice the capacity of
// the value's area; with its lowest bit set the area starts with the value's
// length, because the value is shorter than the area.
//
// minRewrite is the capacity up to which a value is overwritten in place
// however short the new one is; above it, only by at least half as many bytes.
const minRewrite = 32

// entry reads an entry. size is what it occupies.
func (d *dict) entry(ref uint64) (key, value []byte, size int) {
	b := d.blocks.bytes(ref)
	key, at := chunk(b, 0)
	if d.fixed != anySize {
		end := at + d.fixed
		return key, b[at:end:end], end
	}
	header, at := uvarint(b, at)
	end := at + header>>1
	if header&1 == 0 {
		return key, b[at:end:end], end
	}
	value, _ = chunk(b, at)
	return key, value, end
}

func (d *dict) key(ref uint64) []byte {
	key, _ := chunk(d.blocks.bytes(ref), 0)
	return key
}

// store writes a new entry.
func (d *dict) store(key, value []byte) (ref uint64) {
	size := chunkLen(key) + len(value)
	if d.fixed == anySize {
		size += uvarintLen(2 * len(value))
	}
	ref, b := d.blocks.alloc(size)
	at := putChunk(b, key)
	if d.fixed == anySize {
		at += putUvarint(b[at:], 2*len(value))
	}
	copy(b[at:], value)
	return ref
}

// overwrite replaces an entry's value if the new one fits into its area.
func (d *dict) overwrite(ref uint64, value []byte) bool {
	b := d.blocks.bytes(ref)
	n, at := uvarint(b, 0)
	at += n
	if d.fixed != anySize {
		copy(b[at:], value)
		return true
	}
	header, area := uvarint(b, at)
	room := header >> 1
	switch {
	case len(value) == room:
		putUvarint(b[at:], 2*room)
		copy(b[area:], value)
		return true
	case chunkLen(value) <= room && (room <= minRewrite || 2*len(value) >= room):
		putUvarint(b[at:], 2*room|1)
		putChunk(b[area:], value)
		return true
	}
	return false
}

// compact moves the live entries out of a block and drops it. It is bounded by
// the size of one block.
func (d *dict) compact(i uint32) {
	buf := d.blocks.list[i].buf
	for at := 0; at < len(buf); {
		ref := uint64(i)<<offsetBits | uint64(at/entryAlign)
		key, value, size := d.entry(ref)
		if word := d.wordOf(key, ref); word != nil {
			d.move(word, key, value)
		}
		at += align(size)
	}
	d.blocks.drop(i)
}

// move copies the entry of a slot to a new place.
func (d *dict) move(word *uint64, key, value []byte) {
	from := *word & refMask
	to := d.store(key, value)
	*word = *word&^refMask | to
	if d.moved != nil {
		d.moved(from, to)
	}
}

// wordOf returns the slot that refers to ref, nil if the entry there is dead.
func (d *dict) wordOf(key []byte, ref uint64) *uint64 {
	word := d.hash(key)<<refBits | ref
	if w, ok := d.table.locate(word); ok {
		return w
	}
	w, _ := d.old.locate(word)
	return w
}
