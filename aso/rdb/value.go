package rdb

import "errors"

// ErrEmpty is returned for a value without elements, which Redis does not keep.
var ErrEmpty = errors.New("value without elements")

// valueReader reads the value of a key and passes its parts on.
type valueReader struct {
	*reader
	put   func(*Item) error
	item  Item
	count int // of the items passed on
}

// pass passes the item on. What put says about it is an error of the format.
func (v *valueReader) pass() {
	if v.err != nil {
		return
	}
	v.count++
	if err := v.put(&v.item); err != nil {
		v.fail(err.Error())
	}
}

func (v *valueReader) passText(b []byte) {
	v.item = Item{Part: Text, Name: b}
	v.pass()
}

// value reads a value of type t and passes its parts to put, whose errors are those of the format.
func (r *reader) value(t Type, put func(*Item) error) error {
	v := &valueReader{reader: r, put: put}
	switch t {
	case typeString:
		v.passText(v.string())
	case typeList, typeSet:
		for n := v.length(); n > 0 && v.err == nil; n-- {
			v.passText(v.string())
		}
	case typeZSet, typeZSetText:
		v.scored(t == typeZSet)
	case typeHash:
		v.hash()
	case typeListZips, typeListPacks:
		v.quicklist(t == typeListPacks)
	case typeStream, typeStream2, typeStream3:
		v.stream(t)
	case typeModule, typeModuleOld:
		v.fail("value of a module")
	default:
		v.block(t)
	}
	if v.err != nil {
		return v.err
	}
	if v.count == 0 {
		return ErrEmpty
	}
	return nil
}

func (v *valueReader) scored(binary bool) {
	var member []byte
	for n := v.length(); n > 0 && v.err == nil; n-- {
		member = append(member[:0], v.string()...)
		score := 0.0
		if binary {
			score = v.binaryScore()
		} else {
			score = v.textScore()
		}
		v.item = Item{Part: Member, Name: member, Score: score}
		v.pass()
	}
}

func (v *valueReader) hash() {
	var field []byte
	for n := v.length(); n > 0 && v.err == nil; n-- {
		field = append(field[:0], v.string()...)
		v.item = Item{Part: Field, Name: field, Value: v.string()}
		v.pass()
	}
}

// The forms of the nodes of a list.
const (
	nodePlain  = 1 // one element
	nodePacked = 2 // a listpack
)

func (v *valueReader) quicklist(packs bool) {
	for n := v.length(); n > 0 && v.err == nil; n-- {
		form := uint64(nodePacked)
		if packs {
			form = v.length()
		}
		node := v.string()
		switch {
		case form == nodePlain:
			v.passText(node)
		case form != nodePacked:
			v.fail("unknown form of a list's node")
		case packs:
			v.texts(listpack(node))
		default:
			v.texts(ziplist(node))
		}
	}
}

// block reads a value that is one block of bytes.
func (v *valueReader) block(t Type) {
	b := v.string()
	if v.err != nil {
		return
	}
	switch t {
	case typeListZip:
		v.texts(ziplist(b))
	case typeSetPack:
		v.texts(listpack(b))
	case typeHashZip:
		v.fields(ziplist(b))
	case typeHashPack:
		v.fields(listpack(b))
	case typeZSetZip:
		v.members(ziplist(b))
	case typeZSetPack:
		v.members(listpack(b))
	case typeHashZipmap:
		v.zipmap(zipmap(b))
	case typeSetInts:
		ok, _ := intset(b, func(m []byte) error { v.passText(m); return v.err })
		if !ok {
			v.fail("bad set of integers")
		}
	default:
		v.fail("unknown type of value")
	}
}

func (v *valueReader) check(p *packed) {
	if p.bad {
		v.fail("bad packed elements")
	}
}

func (v *valueReader) texts(p *packed) {
	for p.more() && v.err == nil {
		if item := p.next(p); !p.bad {
			v.passText(item)
		}
	}
	v.check(p)
}

func (v *valueReader) fields(p *packed) {
	var field []byte
	for p.more() && v.err == nil {
		field = append(field[:0], p.next(p)...)
		if value := p.next(p); !p.bad {
			v.item = Item{Part: Field, Name: field, Value: value}
			v.pass()
		}
	}
	v.check(p)
}

func (v *valueReader) members(p *packed) {
	var member []byte
	for p.more() && v.err == nil {
		member = append(member[:0], p.next(p)...)
		if text := p.next(p); !p.bad {
			v.item = Item{Part: Member, Name: member, Score: v.score(text)}
			v.pass()
		}
	}
	v.check(p)
}

func (v *valueReader) zipmap(p *packed) {
	for p.more() && v.err == nil {
		if field, value := p.zipmapField(); !p.bad {
			v.item = Item{Part: Field, Name: field, Value: value}
			v.pass()
		}
	}
	v.check(p)
}
