// Package replica follows a running Redis: it takes over all data as a file of Redis' RDB format, then applies the stream of commands, and goes on where a
// broken link ended. Whom to follow, and how far that is, is kept by the keyspace, atomically with what was applied.
//
// The protocol is that of Redis' own replicas (PSYNC, since 2.8, with the replication IDs of 4.0). The master is not trusted: what it sends is checked as that
// of a client is, and memory grows with what has come and not with what lengths claim.
package replica
