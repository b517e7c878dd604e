// Package wire is the Redis serialization protocol as bytes: Reader takes
// commands from what a client sent, Reply builds what it gets back, in RESP2 or
// RESP3.
//
// Neither type does I/O or locking; one goroutine owns each. What bites:
//   - arguments returned by Reader.Next are borrowed until Reader.Release, except
//     those of BigArg bytes or more, which belong to the receiver;
//   - a Reply keeps its buffer until Release; Bytes is borrowed until then.
//
// Limits, texts and tolerances are those of Redis 7.0.15 (networking.c), observed
// on a running server.
//
// Of redcon only the Append functions are used. Its ReadNextCommand panics on
// negative and huge lengths, takes a leading '$' for another protocol, splits
// inline commands by other rules than Redis, has no limits and scans a command
// from its start on each call; a check that made it safe would have to parse the
// whole command first.
package wire
