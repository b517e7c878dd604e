package value

// Limits say when a packed value becomes large. The first eight carry the names
// and meanings of the Redis 7.0 options.
type Limits struct {
	HashMaxListpackEntries int // fields
	HashMaxListpackValue   int // bytes of a field or value
	SetMaxIntsetEntries    int // members
	ZSetMaxListpackEntries int // members
	ZSetMaxListpackValue   int // bytes of a member
	ListMaxListpackSize    int // elements, or -1 to -5 for 4 to 64 KiB
	StreamNodeMaxBytes     int // bytes of a node of a stream, 0 for no limit
	StreamNodeMaxEntries   int // entries of a node of a stream, 0 for no limit

	// PackedMax is the size in bytes beyond which a value is large whatever
	// the other limits say.
	PackedMax int
}

// DefaultLimits are those of Redis 7.0, with packed values of up to 16 KiB.
func DefaultLimits() Limits {
	return Limits{
		HashMaxListpackEntries: 512,
		HashMaxListpackValue:   64,
		SetMaxIntsetEntries:    512,
		ZSetMaxListpackEntries: 128,
		ZSetMaxListpackValue:   64,
		ListMaxListpackSize:    -2,
		StreamNodeMaxBytes:     4096,
		StreamNodeMaxEntries:   100,
		PackedMax:              16384,
	}
}

// A set of strings has no packed encoding in Redis 7.0; these are the sizes
// up to which one is packed here all the same.
const (
	packedSetEntries = 128
	packedSetValue   = 64
)

// maxPackedEntries is what the 16-bit count of a packed value can hold.
const maxPackedEntries = 1<<16 - 1

// listFits reports whether a packed list of n elements in size bytes stays packed.
func (l *Limits) listFits(n, size int) bool {
	if size > l.PackedMax || n > maxPackedEntries {
		return false
	}
	if l.ListMaxListpackSize >= 0 {
		return n <= max(l.ListMaxListpackSize, 1)
	}
	return size <= 2048<<min(-l.ListMaxListpackSize, 5)
}
