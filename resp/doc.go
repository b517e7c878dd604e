// Package resp is the network: listeners, connections and what ties them to the sessions of package command.
//
// [Connect] makes a [Server] for the commands of a keyspace, and Server.ListenAll opens what the configuration names. A [Conn] is one
// goroutine that reads, has complete commands run in batches, and sends their replies with one write; it holds no buffer while it waits, and
// while its client is silent it has no goroutine either.
// Conn.Push is for everybody else: it queues and never waits.
package resp
