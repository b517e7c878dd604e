// Package value holds the data types of a Redis server: [Hash], [Set], [ZSet],
// [List] and [Stream], with the number and glob rules that their commands share. It
// knows no keys, takes no locks and does no I/O.
//
// # Packed and large
//
// A small value is packed: one []byte in a compact format of this package. A
// value that outgrows [Limits] becomes large ([LargeHash], [LargeSet],
// [LargeZSet], [LargeList]), a structure on the Go heap with Redis' complexity
// and almost no pointers, so that the garbage collector has nothing to scan.
// A large value never becomes packed again. A stream is always large.
//
// # Cursors
//
// Hash, Set, ZSet and List are reusable cursors over one value at a time. The
// zero cursor is an empty packed value. Load borrows packed bytes: they are
// never written, and not used after Reset. The first change copies them into a
// buffer that the cursor keeps, so a cursor in steady use does not allocate.
// After a change the caller stores what Packed or Large returns.
//
// # What will bite
//
//   - Returned and passed-on slices are valid until the next change or Reset;
//     members of a set of integers and popped list elements only until the
//     next call of any method.
//   - Arguments must not alias the cursor's own memory (a slice that it
//     returned, or the bytes that it was loaded with). Copy them first.
//   - Packed bytes are trusted by Load; bytes from outside go through Decode.
//   - Callbacks must not change the value that they are called for.
//   - A value with Len 0 is for the caller to delete: Redis has no empty ones
//     but streams.
//   - Nothing here is safe for concurrent use, reads included (of one cursor;
//     two cursors may read the same packed bytes or large value together).
package value
