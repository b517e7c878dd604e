// Package persist keeps a keyspace on disk: a journal of committed units and snapshots that replace its past.
//
// It knows no keys. A unit and a snapshot chunk are opaque bytes; units are numbered 1, 2, 3, ... in the order of
// [Store.Append], and a chunk carries the number of the last unit it may contain.
//
// The life of a store is [Open], [Store.Load], then any number of goroutines in [Store.Append], [Store.Commit] and at
// most one in [Store.Snapshot], then [Store.Close]. Things that bite:
//
//   - Load must have returned nil before the first Append.
//   - Append only copies memory; nothing is safe before Commit has returned nil for its number.
//   - Bytes handed to the Load callbacks are borrowed: copy what you keep.
//   - After a failed write or fsync the store is stopped: Commit fails with [ErrStopped] until a Snapshot has put all that is in memory into new files.
//   - Chunks must be captured inside the Snapshot callback, each under the lock that orders its units, together with the
//     number of the newest unit at that moment.
//
// The file format, the recovery rules and their reasons are in docs/persistence.md.
package persist
