package rdb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"comet/aso/value"
)

func TestChecksumIsThatOfJones(t *testing.T) {
	if got := checksum(0, []byte("123456789")); got != 0xe9c6d914c4b8d9ca {
		t.Errorf("%x", got)
	}
}

func TestCompressedStringsComeBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 3000 {
		s := make([]byte, n)
		letters := 1 + rng.IntN(20)
		for i := range s {
			s[i] = byte(rng.IntN(letters))
		}
		packed, ok := compress(nil, s)
		if !ok {
			continue
		}
		if back, err := decompress(packed, uint64(n)); err != nil || !bytes.Equal(back, s) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

// read returns the items of a value as text.
func read(t *testing.T, kind Type, body []byte) string {
	t.Helper()
	var items []string
	p := Payload(seal(append([]byte{byte(kind)}, body...), 0, Version))
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	err := p.Read(func(it *Item) error { items = append(items, it.text()); return nil })
	if err != nil {
		return err.Error()
	}
	return strings.Join(items, " ")
}

func (it *Item) text() string {
	switch it.Part {
	case Text:
		return string(it.Name)
	case Field:
		return fmt.Sprintf("%s=%s", it.Name, it.Value)
	case Member:
		return fmt.Sprintf("%s:%v", it.Name, it.Score)
	case Entry:
		return fmt.Sprintf("%d-%d%s", it.ID.Ms, it.ID.Seq, it.Pairs)
	case Meta:
		return fmt.Sprintf("%v", it.Info)
	}
	return fmt.Sprintf("%d %s %s %v %d %d", it.Part, it.Name, it.Consumer, it.ID, it.Time, it.Count)
}

func str(s string) []byte {
	e := Encoder{}
	e.length(uint64(len(s)))
	return append(e.Buf, s...)
}

// zip makes a ziplist of entries without the sizes of those before.
func zip(entries ...string) string {
	var body strings.Builder
	for _, e := range entries {
		body.WriteString("\x00" + e)
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(11+len(body.String())))
	b = binary.LittleEndian.AppendUint32(b, 10)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(entries)))
	return string(b) + body.String() + "\xff"
}

func pack(items ...string) string {
	b := value.NewListpack(nil)
	for _, s := range items {
		b = value.AppendListpack(b, []byte(s))
	}
	return string(b)
}

// TestOldAndNewEncodingsAreRead has values as older and newer versions than 7.0 write them, which no server here makes.
func TestOldAndNewEncodingsAreRead(t *testing.T) {
	long := strings.Repeat("x", 70)
	ints := zip("\x01a", "\xc0\x2c\x01", "\xd0\x70\x11\x01\x00", "\xe0\x00\x00\x00\x00\x01\x00\x00\x00", "\xf0\xff\xff\xff", "\xfe\x80", "\xf1", "\xfd", "\x40\x46"+long)
	list := "a 300 70000 4294967296 -1 -128 0 12 " + long
	for _, c := range []struct {
		name string
		kind Type
		body string
		want string
	}{
		{"ziplist", typeListZip, string(str(ints)), list},
		{"quicklist of ziplists", typeListZips, "\x02" + string(str(ints)) + string(str(zip("\x01z"))), list + " z"},
		{"set in a listpack", typeSetPack, string(str(pack("a", "1", "-5000", "300000", "9999999999", long))), "a 1 -5000 300000 9999999999 " + long},
		{"hash in a ziplist", typeHashZip, string(str(zip("\x01f", "\x01v", "\xf2", "\xf3"))), "f=v 1=2"},
		{"hash in a zipmap", typeHashZipmap, string(str("\x02\x01f\x01\x02vXX\x02gg\x00\x00\xff")), "f=v gg="},
		{"sorted set in a ziplist", typeZSetZip, string(str(zip("\x01a", "\x031.5", "\x01b", "\x03inf"))), "a:1.5 b:+Inf"},
		{"sorted set with decimal scores", typeZSetText, "\x03" + string(str("a")) + "\x031.5" + string(str("b")) + "\xfe" + string(str("c")) + "\xff", "a:1.5 b:+Inf c:-Inf"},
		{"sorted set", typeZSet, "\x01" + string(str("a")) + "\x00\x00\x00\x00\x00\x00\xf8\x3f", "a:1.5"},
		{"integers", typeSetInts, string(str("\x02\x00\x00\x00\x02\x00\x00\x00\xff\xff\x05\x00")), "-1 5"},
		{"list", typeList, "\x02" + string(str("a")) + "\xc0\x7f", "a 127"},
		{"plain node", typeListPacks, "\x02\x01" + string(str("plain")) + "\x02" + string(str(pack("p"))), "plain p"},
		{"module", typeModule, "\x00", "byte 0: value of a module"},
		{"no fields", typeHash, "\x00", "value without elements"},
		{"NaN", typeZSetText, "\x01" + string(str("a")) + "\xfd", "byte 4: a score that is not a number"},
		{"cut ziplist", typeListZip, string(str(ints[:len(ints)-3])), "byte 1: bad packed elements"},
		{"odd fields", typeHashPack, string(str(pack("f", "v", "g"))), "byte 1: bad packed elements"},
		{"string too long", typeString, "\x81\x7f\xff\xff\xff\xff\xff\xff\xffabc", "byte 13: unexpected end"},
		{"count too large", typeSet, "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\x01a", "byte 12: unexpected end"},
	} {
		if got := read(t, c.kind, []byte(c.body)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// streamBody is a stream as each version writes it: an entry, one deleted, a group with a consumer.
func streamBody(version Type) []byte {
	e := Encoder{}
	node := pack("1", "1", "1", "f", "0", "2", "0", "0", "v", "4", "3", "0", "1", "w", "4")
	e.length(1)
	e.length(16)
	e.rawID(ID{5, 0})
	e.bytes([]byte(node))
	e.length(1)
	e.id(ID{5, 1})
	if version != typeStream {
		e.id(ID{5, 0})
		e.id(ID{5, 1})
		e.length(2)
	}
	e.length(1)
	e.bytes([]byte("g"))
	e.id(ID{5, 0})
	if version != typeStream {
		e.length(1)
	}
	e.length(1)
	e.rawID(ID{5, 0})
	e.time(77)
	e.length(3)
	e.length(1)
	e.bytes([]byte("alice"))
	e.time(88)
	if version == typeStream3 {
		e.time(99)
	}
	e.length(1)
	e.rawID(ID{5, 0})
	return e.Buf
}

func TestStreamsOfAllVersionsAreRead(t *testing.T) {
	const group = "7 alice  {0 0} 88 0 8  alice {5 0} 77 3"
	for version, want := range map[Type]string{
		typeStream:  "5-0[f v] {{5 1} {0 0} 1 true} 6 g  {5 0} 0 -1 " + group,
		typeStream2: "5-0[f v] {{5 1} {5 1} 2 false} 6 g  {5 0} 0 1 " + group,
		typeStream3: "5-0[f v] {{5 1} {5 1} 2 false} 6 g  {5 0} 0 1 " + group,
	} {
		if got := read(t, version, streamBody(version)); got != want {
			t.Errorf("type %d:\n got %s\nwant %s", version, got, want)
		}
	}
}

// FuzzPayload reads values that nobody has written.
func FuzzPayload(f *testing.F) {
	for kind := range lastType + 1 {
		f.Add(byte(kind), []byte("\x01\x02\x01a\x01b"))
	}
	for _, version := range []Type{typeStream, typeStream2, typeStream3} {
		f.Add(byte(version), streamBody(version))
	}
	f.Add(byte(typeListZip), str(zip("\x01a", "\xc0\x2c\x01")))
	f.Add(byte(typeHashPack), str(pack("f", "v")))
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		p := Payload(seal(append([]byte{kind}, body...), 0, Version))
		total := 0
		err := p.Read(func(it *Item) error { total += len(it.Name) + len(it.Value); return nil })
		if err != nil && Type(kind).Kind() == 0 {
			return
		}
		if limit := (len(body) + 1) * lzfLongest * 64; total > limit {
			t.Fatalf("%d bytes made %d", len(body), total)
		}
	})
}
