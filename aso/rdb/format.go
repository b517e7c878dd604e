package rdb

import "fmt"

// Versions of the format.
const (
	Version    = 10 // what is written
	minVersion = 6
	maxVersion = 11
)

// Type says how a value is written.
type Type byte

const (
	typeString     Type = 0
	typeList       Type = 1
	typeSet        Type = 2
	typeZSetText   Type = 3 // scores in decimal
	typeHash       Type = 4
	typeZSet       Type = 5
	typeModuleOld  Type = 6
	typeModule     Type = 7
	typeHashZipmap Type = 9
	typeListZip    Type = 10 // a ziplist
	typeSetInts    Type = 11
	typeZSetZip    Type = 12
	typeHashZip    Type = 13
	typeListZips   Type = 14 // a sequence of ziplists
	typeStream     Type = 15
	typeHashPack   Type = 16 // a listpack
	typeZSetPack   Type = 17
	typeListPacks  Type = 18 // a sequence of listpacks and of plain elements
	typeStream2    Type = 19 // with the first ID, the greatest deleted one, and what was ever added
	typeSetPack    Type = 20
	typeStream3    Type = 21 // with the time when consumers got something last

	lastType = typeStream3
)

// What stands in a file besides keys.
const (
	opFunction    = 245
	opFunctionOld = 246 // of release candidates of 7.0
	opModuleAux   = 247
	opIdle        = 248
	opFreq        = 249
	opAux         = 250
	opResize      = 251
	opExpireMS    = 252
	opExpire      = 253
	opSelect      = 254
	opEOF         = 255
)

// Kind is the type of a value.
type Kind byte

// The kinds of values.
const (
	String Kind = iota + 1
	List
	Set
	ZSet
	Hash
	Stream
)

var kinds = [lastType + 1]Kind{
	typeString: String, typeList: List, typeSet: Set, typeZSetText: ZSet, typeHash: Hash, typeZSet: ZSet, typeHashZipmap: Hash, typeListZip: List,
	typeSetInts: Set, typeZSetZip: ZSet, typeHashZip: Hash, typeListZips: List, typeStream: Stream, typeHashPack: Hash, typeZSetPack: ZSet,
	typeListPacks: List, typeStream2: Stream, typeSetPack: Set, typeStream3: Stream,
}

// IsListpack reports whether values of this type are hashes or sorted sets in a listpack or what was there before it, whose elements Redis does not look at.
func (t Type) IsListpack() bool {
	return t == typeHashPack || t == typeZSetPack || t == typeHashZip || t == typeZSetZip
}

// Kind returns the kind of values of this type; 0 for types of modules and those that are not known.
func (t Type) Kind() Kind {
	if t > lastType {
		return 0
	}
	return kinds[t]
}

// FormatError says that bytes are not in the format, and where: an offset in the file or payload.
type FormatError struct {
	Offset int64
	Reason string
}

func (e *FormatError) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset, e.Reason) }

// ID is the ID of an entry of a stream.
type ID struct{ Ms, Seq uint64 }

// Item is a part of a value. Its bytes are borrowed until the next one.
type Item struct {
	Part  Part
	Name  []byte  // what is named below
	Value []byte  // the value of a field
	Score float64 // of a member of a sorted set

	// Of streams.
	ID       ID
	Pairs    [][]byte // fields and values in turn
	Consumer []byte
	Time     int64 // Unix milliseconds
	Count    int64
	Info     StreamInfo
}

// Part says what an Item is.
type Part byte

// The parts of values, and which fields of an Item they have.
const (
	Text     Part = iota + 1 // Name: a string, or an element of a list, or a member of a set
	Member                   // Name, Score: a member of a sorted set
	Field                    // Name, Value: a field of a hash
	Entry                    // ID, Pairs: an entry of a stream; they come in the order of their IDs
	Meta                     // Info: what a stream knows beside its entries; it comes behind these
	Group                    // Name, ID (delivered last), Count (entries read, EntriesUnknown if it must be estimated)
	Consumer                 // Name, Time (seen last): of the group before
	Delivery                 // ID, Consumer, Time (the last one), Count: of the group before
)

// EntriesUnknown is the number of entries that a group has read if the stream does not say it.
const EntriesUnknown = -1

// StreamInfo is what a stream knows beside its entries.
type StreamInfo struct {
	LastID, MaxDeleted ID
	Added              uint64
	Estimated          bool // it was written by Redis before 7.0, and Added and what groups have read are not known
}
