// Package aso holds active storage objects: keys with a value of a Redis type, a time to live and, if they have any, handlers in Lua, the
// state of these and timers. A plain Redis key is an object without handlers.
//
// The types to know: [Keyspace] is all objects of a node; [Tx] is access to some of them under their locks, in units that take place
// whole or not at all; [Hash], [List], [Set], [ZSet] and [Stream] are collections that a command uses; [Committer] makes units durable;
// [Loader] and Keyspace.Snapshot bring them back and write them out; [Waiter] and [Watch] are clients that wait for a key or watch it.
//
// What bites:
//   - Slices that a Tx or a collection hands out alias storage. They are valid until the next change of that object, and arguments of
//     changes must not alias it.
//   - Change collections through the methods of this package only: those of the embedded value types are unknown to the journal and to
//     rollback.
//   - Nothing may wait between Begin and Commit. Replies leave after Keyspace.Wait for what Commit returned.
//   - Locks of several partitions are taken in ascending order, by Begin, and not added to later (docs/locks.md).
package aso
