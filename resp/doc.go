// Package resp is the network: listeners, connections and what ties them to the sessions of package command.
//
// [Connect] makes a [Server] for the commands of a keyspace, and Server.ListenAll opens what the configuration names. A loop gives each [Conn] its
// turn when its client has sent something: a worker reads, has complete commands run in batches, and sends their replies with one write. Between
// its turns a connection holds no buffer and has no goroutine. Conn.Push is for everybody else: it queues and never waits.
package resp
