package rdb

// The flags of an entry in a node of a stream.
const (
	entryDeleted    = 1
	entrySameFields = 2
)

func (v *valueReader) id() ID { return ID{v.length(), v.length()} }

func (v *valueReader) stream(t Type) {
	entries := 0
	for n := v.length(); n > 0 && v.err == nil; n-- {
		key := v.string()
		if len(key) != 16 {
			v.fail("bad ID of a stream's node")
			return
		}
		first := idOf(key)
		entries += v.node(first, v.string())
	}
	length := v.length()
	if v.err == nil && length != uint64(entries) {
		v.fail("wrong number of entries")
	}
	info := StreamInfo{LastID: v.id(), Added: length, Estimated: t == typeStream}
	if t != typeStream {
		v.id() // of the first entry
		info.MaxDeleted, info.Added = v.id(), v.length()
	}
	v.item = Item{Part: Meta, Info: info}
	v.pass()
	for n := v.length(); n > 0 && v.err == nil; n-- {
		v.group(t)
	}
}

// node reads a listpack of entries and returns how many there are.
func (v *valueReader) node(first ID, lp []byte) (entries int) {
	p := listpack(lp)
	live, deleted := p.number(), p.number()
	names := p.strings(nil, p.number())
	if p.number() != 0 || live < 0 || deleted < 0 {
		p.bad = true
	}
	var pairs [][]byte
	for p.more() && v.err == nil {
		flags := p.number()
		id := ID{first.Ms + uint64(p.number()), first.Seq + uint64(p.number())}
		if flags&entrySameFields != 0 {
			pairs = p.values(pairs[:0], names)
		} else {
			pairs = p.strings(pairs[:0], 2*p.number())
		}
		p.number() // of elements
		switch {
		case p.bad:
		case flags&entryDeleted != 0:
			deleted--
		default:
			live--
			entries++
			v.item = Item{Part: Entry, ID: id, Pairs: pairs}
			v.pass()
		}
	}
	if live != 0 || deleted != 0 {
		p.bad = true
	}
	v.check(p)
	return entries
}

// strings appends n elements to list. They are copies where they are integers.
func (p *packed) strings(list [][]byte, n int64) [][]byte {
	for ; n > 0 && !p.bad; n-- {
		list = append(list, p.lasting())
	}
	if n < 0 {
		p.bad = true
	}
	return list
}

// values appends a value behind each of the names.
func (p *packed) values(list, names [][]byte) [][]byte {
	for _, name := range names {
		list = append(list, name, p.lasting())
	}
	return list
}

// lasting reads an element that stays valid when others are read.
func (p *packed) lasting() []byte {
	item := p.next(p)
	if len(item) > 0 && &item[0] == &p.text[0] {
		return append([]byte(nil), item...)
	}
	return item
}

// group reads a group: what was delivered to whom comes behind, by consumers.
func (v *valueReader) group(t Type) {
	group := Item{Part: Group, Name: append([]byte(nil), v.string()...), ID: v.id(), Count: EntriesUnknown}
	if t != typeStream {
		group.Count = int64(v.length())
	}
	v.item = group
	v.pass()
	type delivery struct {
		at    int64
		count uint64
	}
	pending := map[ID]delivery{}
	for n := v.length(); n > 0 && v.err == nil; n-- {
		id := v.rawID()
		pending[id] = delivery{int64(v.uint64()), v.length()}
	}
	for n := v.length(); n > 0 && v.err == nil; n-- {
		name := append([]byte(nil), v.string()...)
		v.item = Item{Part: Consumer, Name: name, Time: int64(v.uint64())}
		if t == typeStream3 {
			v.uint64() // when it got something last
		}
		v.pass()
		for n := v.length(); n > 0 && v.err == nil; n-- {
			id := v.rawID()
			d, ok := pending[id]
			if v.err == nil && !ok {
				v.fail("delivery to a consumer that its group does not know of")
			}
			delete(pending, id)
			v.item = Item{Part: Delivery, ID: id, Consumer: name, Time: d.at, Count: int64(d.count)}
			v.pass()
		}
	}
	if v.err == nil && len(pending) > 0 {
		v.fail("delivery to no consumer")
	}
}
